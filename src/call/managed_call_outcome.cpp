#include "call/http_hints.hpp"
#include "call/managed_call.hpp"
#include "call/observed_body.hpp"
#include "call/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

// An answer that may be thrown away is read up to here; a longer one keeps its connection.
constexpr std::size_t collected_at_most = 64 * 1024;

}  // namespace

void managed_call::settle() {
    slow_.stop();
    now_ = reply_.read_at ? *reply_.read_at : where_.time.now();
    stage_ = stage::settled;
    answered_ = true;
    hint_ = duration::zero();
    if (outcome_) {
        report_answer(held_, *outcome_, now_ - held_.sent_at);
    } else {
        report_error(held_, outcome_.error(), now_ - held_.sent_at);
    }
}

void managed_call::report_answer(attempt_permits& held, const response& answer, duration took) {
    counts_.observe_request(method_, answer.status, took);
    if (held.circuit.is_probe() && on_.events_.heard()) {
        tell_probe(fmt::format("status {}", answer.status), took);
    }
    heed_hint(answer);
    if (is_circuit_failure(on_.options_, answer, tries_)) {
        held.circuit.failure(now_);
    } else if (answer.stream) {
        held.circuit.answered(now_);
    } else {
        held.circuit.success(now_);
    }
    if (held.slot.held()) teach_limit(held, answer);
    if (!answer.stream) held.slot.release();
    if (on_.state_.hedge && is_usable(answer) && may_hedge()) on_.state_.hedge->record(took);
}

// In flight until the answer is read to its end.
void managed_call::teach_limit(const attempt_permits& held, const response& answer) {
    concurrency_gate& gate = *on_.state_.slots;
    if (answer.status == 503 || answer.status == 504) {
        gate.overloaded(held.sent_at, now_);
    } else if (is_usable(answer)) {
        gate.answered(held.sent_at, now_);
    }
}

void managed_call::report_error(attempt_permits& held, const error& why, duration took) {
    counts_.observe_request(method_, why.kind, took);
    if (held.circuit.is_probe() && on_.events_.heard()) {
        tell_probe(std::string(to_string(why.kind)), took);
    }
    // Cancelled calls are neutral, and what was never sent was not spent.
    const bool unspent = why.kind == error_kind::cancelled || !why.maybe_sent;
    if (unspent && on_.state_.gate) on_.state_.gate->give_back(held.rate, what_.cost);
    if (is_circuit_failure(on_.options_, why, tries_) && !(body_ && body_->failed())) {
        held.circuit.failure(now_);
    } else {
        held.circuit.cancel();
    }
    if (why.kind == error_kind::timeout) {
        if (held.slot.held()) {
            on_.state_.slots->overloaded(held.sent_at, now_);
        }
        if (on_.state_.hedge && may_hedge()) on_.state_.hedge->record(took);
    }
    held.slot.release();
}

void managed_call::heed_hint(const response& answer) {
    const limit_hint hint = server_hint(answer.status, answer.fields, where_.time);
    const bool waits = hint.wait && *hint.wait > duration::zero();
    if (hint.left && on_.state_.gate) {
        on_.state_.gate->narrow(hint.left->calls, later(now_, hint.left->until_full), now_);
    }
    if (!waits) return;
    hint_ = *hint.wait;
    if (!on_.state_.gate) return;
    on_.state_.gate->pause(later(now_, hint_), now_);
    if (!on_.events_.heard()) return;
    event said;
    said.name = "rate_limit.paused";
    said.level = severity::info;
    said.message = fmt::format("the server asks to wait {}", duration_text(hint_));
    said.fields = {{"waitMs", std::to_string(to_ms_ceil(hint_))},
                   {"status", std::to_string(answer.status)}};
    said.at = now_;
    on_.events_.tell(std::move(said));
}

attempt_failure managed_call::failure() const noexcept {
    return outcome_ ? to_seen(*outcome_, tries_) : to_seen(outcome_.error(), tries_);
}

bool managed_call::is_safe_to_repeat() const noexcept {
    if (body_ && body_->touched()) return false;
    if (!outcome_ && !outcome_.error().maybe_sent) return true;
    return is_idempotent(wire_.method, what_.fields) ||
           on_.options_.fields.contains("idempotency-key");
}

// A server's or our own layer's word on when it makes sense to come back.
duration managed_call::least_wait() const noexcept {
    duration least = hint_;
    if (!outcome_ && outcome_.error().retry_after) {
        least = std::max(least, *outcome_.error().retry_after);
    }
    if (on_.state_.breaker) {
        const auto refusal = on_.state_.breaker->breaker().look(now_);
        if (refusal) least = std::max(least, refusal->retry_after);
    }
    return least;
}

std::optional<instant> managed_call::next_attempt_at() {
    const auto& retry = on_.options_.middleware.error.retry;
    const bool refused = stage_ == stage::refused;
    if (!retry) {
        if (on_.state_.hedge && !refused) account();
        return std::nullopt;
    }
    if (refused && answered_) return std::nullopt;
    if (outcome_ && outcome_->status < 400) {
        on_.state_.budget->on_success();
        return std::nullopt;
    }
    if (!outcome_ && outcome_.error().kind == error_kind::cancelled) return std::nullopt;
    const attempt_failure seen = failure();
    const bool wanted = wants_retry(*retry, seen);
    if (!refused) {
        if (wanted || !outcome_) {
            on_.state_.budget->on_failure();
        } else {
            on_.state_.budget->on_success();
        }
    }
    if (!wanted || !is_safe_to_repeat() || !on_.state_.budget->allows()) return std::nullopt;
    const auto wait =
        next_retry(retry->timing, tries_, least_wait(), now_, sending_.until, where_.random);
    if (!wait) return std::nullopt;
    counts_.retries[static_cast<std::size_t>(to_retry_reason(seen))].add();
    tell_retry(seen, *wait);
    held_.circuit.success(now_);  // still held by a streamed answer that no circuit minds
    return later(now_, *wait);
}

// What hedges may spend where nothing is retried.
void managed_call::account() noexcept {
    if (outcome_ && is_usable(*outcome_)) {
        on_.state_.budget->on_success();
    } else if (outcome_ || outcome_.error().kind != error_kind::cancelled) {
        on_.state_.budget->on_failure();
    }
}

asio::awaitable<void> managed_call::collect_answer() {
    const bulkhead_permit until_read = std::move(held_.slot);
    std::string collected;
    while (collected.size() <= collected_at_most) {
        result<std::string_view> piece = co_await outcome_->stream->read();
        if (!piece) {  // half an answer is none
            error broken = std::move(piece.error());
            outcome_ = std::unexpected(std::move(broken));
            co_return;
        }
        if (piece->empty()) {
            outcome_->stream.reset();
            outcome_->body = std::move(collected);
            co_return;
        }
        collected.append(*piece);
    }
    outcome_->stream =
        std::make_unique<resumed_body>(std::move(collected), std::move(outcome_->stream));
}

void managed_call::finish() {
    stage_ = stage::over;
    if (!outcome_) {
        outcome_.error().attempts = attempts_;
        if (answered_) tell("call.failed", outcome_.error());
        counts_.end_call(outcome_.error().kind);
        return;
    }
    outcome_->attempts = attempts_;
    if (outcome_->stream) {
        outcome_->stream = std::make_unique<observed_body>(
            std::move(outcome_->stream), on_.shared_from_this(), where_, std::move(held_.circuit),
            std::move(held_.slot), outcome_->status);
        return;
    }
    counts_.end_call(outcome_->status);
}

void managed_call::fail(error why) {
    outcome_ = std::unexpected(std::move(why));
    if (stage_ != stage::over) finish();
}

// What a half-open circuit learns from.
void managed_call::tell_probe(const std::string& answer, duration took) const {
    event said;
    said.name = "circuit.probe";
    said.level = severity::debug;
    said.message = fmt::format("a call of the half-open circuit ended: {}", answer);
    said.fields = {{"answer", answer}, {"durationMs", std::to_string(to_ms_ceil(took))}};
    said.at = now_;
    on_.events_.tell(std::move(said));
}

void managed_call::tell_retry(const attempt_failure& why, duration wait) const {
    if (!on_.events_.heard()) return;
    event said;
    said.name = "call.retry";
    said.level = severity::info;
    const std::string reason =
        why.kind ? std::string(to_string(*why.kind)) : fmt::format("status {}", why.status);
    said.message =
        fmt::format("attempt {} gave {}: again in {}", why.attempt, reason, duration_text(wait));
    said.fields = {{"attempt", std::to_string(why.attempt)},
                   {"reason", reason},
                   {"waitMs", std::to_string(to_ms_ceil(wait))}};
    said.at = now_;
    on_.events_.tell(std::move(said));
}

void managed_call::tell(std::string_view name, const error& why) const {
    if (!on_.events_.heard()) return;
    event said;
    said.name = name;
    said.level = severity::debug;
    said.message = why.message;
    said.fields = {{"kind", std::string(to_string(why.kind))},
                   {"attempts", std::to_string(attempts_)}};
    said.at = now_;
    on_.events_.tell(std::move(said));
}

}  // namespace symphony
