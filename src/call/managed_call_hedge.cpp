#include "call/http_outcome.hpp"
#include "call/managed_call.hpp"
#include "call/text.hpp"

#include <fmt/format.h>

#include <utility>

namespace symphony {

// Sent twice on purpose: only what may arrive twice, and what can be sent twice at all.
bool managed_call::may_hedge() const noexcept {
    return !what_.stream && (is_idempotent(wire_.method, what_.fields) ||
                             on_.options_.fields.contains("idempotency-key"));
}

// Never past a circuit that is not closed, and never a wait: an attempt is under way already.
bool managed_call::take_hedge_permits(attempt_permits& to, duration after) {
    now_ = where_.time.now();
    const auto refused = [this] {
        counts_.hedges_refused.add();
        return false;
    };
    if (sending_.until.passed(now_) || !on_.state_.budget->allows()) return refused();
    const auto& cell = on_.state_.breaker;
    if (cell && cell->breaker().inspect(now_).state != circuit_state::closed) return refused();
    if (on_.state_.gate) {
        const rate_answer answer = on_.state_.gate->try_acquire(now_, what_.cost);
        if (!answer.decision.admitted()) return refused();
        to.rate = answer.permit;
    }
    if (cell) {
        auto permit = cell->breaker().try_acquire(now_, sending_.until.at());
        if (permit) to.circuit = std::move(*permit);
    }
    if (on_.state_.slots) to.slot = on_.state_.slots->try_acquire();
    if ((cell && !to.circuit.held()) || (on_.state_.slots && !to.slot.held())) {
        give_back(to);
        return refused();
    }
    (void)on_.state_.budget->on_failure();  // spends a token
    to.sent_at = now_;
    ++attempts_;
    counts_.attempts.add();
    if (on_.events_.heard()) {
        event said;
        said.name = "call.hedge";
        said.level = severity::debug;
        said.message = fmt::format("no answer for {}: sent once more", duration_text(after));
        said.fields = {{"attempt", std::to_string(attempts_)},
                       {"afterMs", std::to_string(to_ms_ceil(after))}};
        said.at = now_;
        on_.events_.tell(std::move(said));
    }
    return true;
}

void managed_call::report(attempt_permits& held, const result<response>& outcome) {
    now_ = where_.time.now();
    if (outcome) {
        report_answer(held, *outcome, now_ - held.sent_at);
        if (held.circuit.held()) held.circuit.success(now_);  // nobody reads it to its end
    } else {
        report_error(held, outcome.error(), now_ - held.sent_at);
    }
    held.slot.release();
}

// Neutral, but for two things. The API counts what reached it, so that permit stays spent. And it
// has taken at least so long: without it, slow answers would be missing from the estimate.
void managed_call::lost(attempt_permits& held, const result<response>& outcome) {
    if (outcome || outcome.error().kind != error_kind::cancelled) {
        report(held, outcome);
        return;
    }
    now_ = where_.time.now();
    const duration took = now_ - held.sent_at;
    counts_.observe_request(method_, error_kind::cancelled, took);
    on_.state_.hedge->record(took);
    if (!outcome.error().maybe_sent && on_.state_.gate) {
        on_.state_.gate->give_back(held.rate, what_.cost);
    }
    held.circuit.cancel();
    held.slot.release();
}

void managed_call::hedged(std::size_t more, bool won) noexcept {
    if (more == 0) return;
    if (won) counts_.hedges_won.add();
    counts_.hedges_lost.add(more - (won ? 1 : 0));
}

}  // namespace symphony
