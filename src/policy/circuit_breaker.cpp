#include "symphony/policy/circuit_breaker.hpp"

#include "policy/circuit_breaker_impl.hpp"

#include <utility>

namespace symphony {

std::string_view to_string(circuit_state state) noexcept {
    switch (state) {
        case circuit_state::closed:
            return "closed";
        case circuit_state::half_open:
            return "half-open";
        case circuit_state::open:
            return "open";
    }
    return "closed";
}

std::string_view to_string(circuit_reason reason) noexcept {
    switch (reason) {
        case circuit_reason::consecutive_failures:
            return "consecutive_failures";
        case circuit_reason::failure_share:
            return "failure_share";
        case circuit_reason::probe_failed:
            return "probe_failed";
        case circuit_reason::reset_timeout:
            return "reset_timeout";
        case circuit_reason::recovered:
            return "recovered";
        case circuit_reason::manual:
            return "manual";
        case circuit_reason::health_check:
            return "health_check";
        case circuit_reason::recovery_step:
            return "recovery_step";
        case circuit_reason::peers:
            return "peers";
    }
    return "manual";
}

circuit_permit::circuit_permit(circuit_permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)),
      generation_(other.generation_),
      probe_(other.probe_),
      started_(other.started_),
      step_(other.step_),
      counted_slow_(other.counted_slow_) {}

circuit_permit& circuit_permit::operator=(circuit_permit&& other) noexcept {
    if (this != &other) {
        cancel();
        breaker_ = std::exchange(other.breaker_, nullptr);
        generation_ = other.generation_;
        probe_ = other.probe_;
        started_ = other.started_;
        step_ = other.step_;
        counted_slow_ = other.counted_slow_;
    }
    return *this;
}

void circuit_permit::success(instant now) noexcept {
    if (circuit_breaker* owner = std::exchange(breaker_, nullptr)) {
        owner->impl_->settle({generation_, probe_, started_, step_, counted_slow_},
                             circuit_breaker::impl::outcome::success, now);
    }
}

void circuit_permit::failure(instant now) noexcept {
    if (circuit_breaker* owner = std::exchange(breaker_, nullptr)) {
        owner->impl_->settle({generation_, probe_, started_, step_, counted_slow_},
                             circuit_breaker::impl::outcome::failure, now);
    }
}

void circuit_permit::cancel() noexcept {
    if (circuit_breaker* owner = std::exchange(breaker_, nullptr)) {
        owner->impl_->settle({generation_, probe_, started_, step_, counted_slow_},
                             circuit_breaker::impl::outcome::cancelled, instant());
    }
}

void circuit_permit::slow(instant now) noexcept {
    const std::optional<instant> due = slow_at();
    if (counted_slow_ || !due || now < *due) return;
    counted_slow_ = true;
    breaker_->impl_->slow({generation_, probe_, started_, step_, false}, now);
}

void circuit_permit::answered(instant now) noexcept {
    slow(now);
    started_ = instant::max();  // no later result is later than this
}

std::optional<instant> circuit_permit::slow_at() const noexcept {
    return breaker_ == nullptr ? std::nullopt : breaker_->impl_->slow_at(started_);
}

circuit_breaker::circuit_breaker(const circuit_breaker_options& options, listener on_transition)
    : impl_(std::make_unique<impl>(options, std::move(on_transition))) {}
circuit_breaker::~circuit_breaker() = default;

std::expected<circuit_permit, circuit_refusal> circuit_breaker::try_acquire(
    instant now, instant latest, circuit_turn turn) noexcept {
    return impl_->try_acquire(*this, now, latest, turn.generation_);
}

std::optional<circuit_refusal> circuit_breaker::look(instant now) const noexcept {
    return impl_->look(now);
}

std::optional<circuit_refusal> circuit_breaker::ask(instant now, circuit_turn& turn) noexcept {
    return impl_->ask(now, turn.generation_);
}

void circuit_breaker::stay_open(instant now, instant until) noexcept {
    impl_->stay_open(now, until);
}

void circuit_breaker::half_open(instant now) noexcept {
    impl_->half_open(now);
}

void circuit_breaker::open_with_peers(instant now, instant until) noexcept {
    impl_->open_with_peers(now, until);
}

void circuit_breaker::recover_with_peers(instant now) noexcept {
    impl_->recover_with_peers(now);
}

void circuit_breaker::control(circuit_control mode, instant now) noexcept {
    impl_->control(mode, now);
}

void circuit_breaker::reconfigure(const circuit_breaker_options& options, instant now) {
    impl_->reconfigure(options, now);
}

circuit_breaker::view circuit_breaker::inspect(instant now) const {
    return impl_->inspect(now);
}

std::size_t circuit_breaker::memory() const noexcept {
    return impl_->memory();
}

}  // namespace symphony
