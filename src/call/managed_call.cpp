#include "call/managed_call.hpp"

#include "call/hedge_race.hpp"
#include "call/redirect_walk.hpp"
#include "call/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

deadline deadline_of(const endpoint_options& options, const request& what, instant now) noexcept {
    const duration own = what.timeout.value_or(options.timeout);
    return deadline::after(now, std::min(own, options.timeout));
}

error make_error(error_kind kind, std::string message) {
    error made;
    made.kind = kind;
    made.message = std::move(message);
    return made;
}

}  // namespace

managed_call::managed_call(const endpoint& on, const shard& where, const request& what)
    : on_(on),
      where_(where),
      counts_(on.state_.metrics->of(where.index)),
      what_(what),
      started_(where.time.now()),
      now_(started_),
      slow_(where, held_.circuit),
      fields_(on.standing_, what.fields, where.random, what.decode) {
    counts_.begin_call();
    wire_.method = what.method.empty() ? on.options_.method : what.method;
    method_ = to_method_label(wire_.method);
    sending_.until = deadline_of(on.options_, what, started_);
}

// Destroyed before its end only together with its coroutine: the executor is gone.
managed_call::~managed_call() {
    if (stage_ != stage::over) counts_.end_call(error_kind::cancelled);
}

bool managed_call::prepare() {
    if (stage_ == stage::cancelled) return false;
    if (tries_++ == 0) {
        if (!set_out()) return false;
    } else {
        now_ = where_.time.now();
    }
    if (sending_.until.passed(now_)) {
        refuse(make_error(error_kind::timeout, "the deadline passed before the call was sent"));
        return true;
    }
    if (on_.state_.breaker) {
        if (const auto refusal = on_.state_.breaker->breaker().ask(now_, turn_)) {
            refuse_circuit(*refusal);
            return true;
        }
    }
    take_rate_permit();
    return true;
}

// What is wrong with the request itself is found before anything is spent.
bool managed_call::set_out() {
    if (is_target_of(on_.where_->base, what_.path, what_.query)) {
        wire_.target = what_.path;
    } else if (what_.path.empty() && what_.query.empty()) {
        wire_.target = on_.bare_target_;
    } else {
        result<std::string> joined = join_target(on_.where_->base, what_.path, what_.query);
        if (!joined) {
            refuse(std::move(joined.error()));
            return false;
        }
        target_ = std::move(*joined);
        wire_.target = target_;
    }
    if (method_ == method_label::other && !is_valid_header(wire_.method, {})) {
        refuse(make_error(error_kind::invalid_request, "the method is no token (RFC 9110)"));
        return false;
    }
    if (what_.cost > 1'000'000 || what_.priority > 9) {
        refuse(make_error(error_kind::invalid_request, "cost is 0 to 1000000 and priority 0 to 9"));
        return false;
    }
    if (fields_.dropped_authorization() && on_.events_.heard()) {
        event said;
        said.name = "call.authorization_dropped";
        said.level = severity::debug;
        said.message = "the caller's Authorization gave way to the endpoint's credentials";
        said.at = now_;
        on_.events_.tell(std::move(said));
    }
    wire_.body = what_.body;
    sending_.stream_response = what_.stream_response;
    sending_.decode_response = fields_.asks_for_codings();
    fields_.put_into(wire_);
    if (what_.stream) wire_.stream = &body_.emplace(*what_.stream);
    return true;
}

void managed_call::take_rate_permit() {
    if (!on_.state_.gate) {
        take_circuit_permit();
        return;
    }
    using verdict = rate_decision::verdict;
    const rate_answer answer = on_.state_.gate->try_acquire(now_, what_.cost);
    const verdict what = answer.decision.what;
    if (what == verdict::admitted) {
        held_.rate = answer.permit;
        counts_.rate_limit_wait.observe(duration::zero());
        take_circuit_permit();
    } else if (what == verdict::queued || (what == verdict::refused && what_.cost > 0)) {
        stage_ = stage::queue;
    } else {
        refuse_rate(answer);
    }
}

void managed_call::take_circuit_permit() {
    if (on_.state_.breaker) {
        auto permit = on_.state_.breaker->breaker().try_acquire(now_, sending_.until.at(), turn_);
        if (!permit) {
            if (on_.state_.gate) on_.state_.gate->give_back(held_.rate, what_.cost);
            refuse_circuit(permit.error());
            return;
        }
        held_.circuit = std::move(*permit);
    }
    stage_ = stage::send;
    if (on_.state_.slots) take_slot();
}

asio::awaitable<void> managed_call::wait_for_rate() {
    const auto& gate = on_.state_.gate;
    const auto& cell = on_.state_.breaker;
    const auto waiting = std::make_shared<queued_call>(gate, where_);
    waiting->cost = what_.cost;
    waiting->priority = what_.priority;
    waiting->latest = sending_.until.at();
    const instant since = now_;
    const rate_answer answer = gate->enqueue(waiting, now_);
    held_.rate = answer.permit;
    auto outcome = queue_outcome::granted;
    if (answer.decision.what == rate_decision::verdict::queued) {
        if (cell) {
            cell->behind().add(waiting);
            // It may have opened since it was looked at: whoever opened it found nobody here.
            if (cell->breaker().look(now_)) waiting->end(queue_outcome::circuit_opened);
        }
        outcome = co_await waiting->wait();
        if (cell) cell->behind().remove(*waiting);
        now_ = where_.time.now();
        if (outcome == queue_outcome::granted) held_.rate = waiting->answer().permit;
        counts_.rate_limit_wait.observe(now_ - since);
    } else if (!answer.decision.admitted()) {
        refuse_rate(answer);
        co_return;
    } else {
        counts_.rate_limit_wait.observe(duration::zero());
    }
    switch (outcome) {
        case queue_outcome::granted:
            take_circuit_permit();
            break;
        case queue_outcome::refused:
            refuse_rate(waiting->answer());
            break;
        case queue_outcome::expired:
            refuse_rate({gate->outlook(now_), {}, false});
            break;
        case queue_outcome::circuit_opened:
            refuse_circuit(cell->breaker().look(now_).value_or(circuit_refusal{}));
            break;
        case queue_outcome::cancelled:
            cancel();
            break;
    }
}

asio::awaitable<void> managed_call::transmit() {
    if (outcome_) outcome_->stream.reset();  // it keeps a connection that this attempt may need
    ++attempts_;
    counts_.attempts.add();
    held_.sent_at = now_;
    slow_.start();
    if (on_.state_.hedge && may_hedge()) {
        if (const auto delay = on_.state_.hedge->delay()) {
            return hedge_race::run(
                reply_, std::make_shared<hedge_race>(*this, where_, *on_.options_.hedge, *delay));
        }
    }
    return send(reply_);
}

asio::awaitable<void> managed_call::send(net::reply& to) const {
    if (on_.options_.redirects.follow == redirect_policy::none) {
        return where_.transport.send_into(to, on_.where(), wire_, sending_);
    }
    return send_and_follow(to, on_, where_, wire_, sending_);
}

void managed_call::cancel() {
    outcome_ = std::unexpected(make_error(error_kind::cancelled, "the call was cancelled"));
    stage_ = stage::cancelled;
}

void managed_call::withdraw() {
    if (stage_ == stage::send || stage_ == stage::slot_queue) give_back(held_);
    cancel();
}

void managed_call::give_back(attempt_permits& held) {
    if (on_.state_.gate) on_.state_.gate->give_back(held.rate, what_.cost);
    held.circuit.cancel();
    held.slot.release();
}

// After a real answer a refusal changes nothing: that answer is what the caller gets.
void managed_call::refuse(error why) {
    stage_ = stage::refused;
    tell("call.refused", why);
    if (!answered_) outcome_ = std::unexpected(std::move(why));
}

void managed_call::refuse_circuit(const circuit_refusal& refusal) {
    on_.state_.breaker->note_refusal(now_);
    error why = make_error(error_kind::circuit_open,
                           refusal.state == circuit_state::half_open
                               ? "the circuit is half-open and admits only a few calls"
                               : "the circuit is open");
    if (refusal.retry_after != duration::max()) why.retry_after = refusal.retry_after;
    refuse(std::move(why));
}

void managed_call::refuse_rate(const rate_answer& answer) {
    using verdict = rate_decision::verdict;
    const rate_decision& decision = answer.decision;
    counts_.rate_limit_rejected.add();
    if (answer.unavailable) {
        error down = make_error(error_kind::store_unavailable,
                                "the store that counts for the rate limit gives no answer");
        down.retry_after = decision.retry_after;
        refuse(std::move(down));
        return;
    }
    const auto levels = on_.options_.rate_limit->levels();
    const rate_level level = levels.at(std::min<std::size_t>(decision.level, levels.size() - 1));
    const std::string limit = fmt::format("{} per {}", level.max, duration_text(level.window));
    error why;
    why.kind = decision.what == verdict::full ? error_kind::overloaded : error_kind::rate_limited;
    why.message = decision.what == verdict::full
                      ? fmt::format("the queue of the rate limit ({}) is full", limit)
                  : decision.what == verdict::never
                      ? fmt::format("a cost of {} is more than the rate limit ({}) ever grants",
                                    what_.cost, limit)
                      : fmt::format("the rate limit ({}) is used up", limit);
    if (decision.what != verdict::never) {
        why.retry_after = decision.retry_after;
    } else if (what_.cost <= (level.burst > 0 ? level.burst : level.max)) {
        // It waited under the limit that this call knows.
        why.message =
            fmt::format("a cost of {} is more than the rate limit ever grants since it was changed",
                        what_.cost);
    }
    refuse(std::move(why));
}

}  // namespace symphony
