#include "policy/circuit_breaker_impl.hpp"

#include "policy/recovery_strategies.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

namespace symphony {

circuit_breaker::impl::impl(const circuit_breaker_options& options, listener on_transition)
    : window_(options.window) {
    if (auto problem = options.problem()) throw std::invalid_argument(*problem);
    assert(reinterpret_cast<std::uintptr_t>(this) % cache_line == 0);
    assert(reinterpret_cast<const char*>(&window_) + detail::outcome_window::front_size <=
           reinterpret_cast<const char*>(this) + cache_line);
    if (on_transition) listener_ = std::make_unique<const listener>(std::move(on_transition));
    recovery_ = detail::strategy_of(options);
    adopt_locked(options);
    reset_ = first_reset_;
}

void circuit_breaker::impl::adopt_locked(const circuit_breaker_options& options) {
    failure_threshold_ = options.failure_threshold;
    minimum_requests_ = options.minimum_requests;
    success_threshold_ = options.success_threshold;
    most_probes_ = detail::most_probes_of(options);
    kind_ = options.recovery;
    watches_share_ = options.failure_rate || options.latency_threshold;
    failure_rate_ = options.failure_rate.value_or(0.5);
    latency_ns_ = options.latency_threshold.value_or(duration::max()).count();
    first_reset_ = options.reset_timeout;
    longest_reset_ = options.max_reset_timeout.value_or(options.reset_timeout * 10);
}

void circuit_breaker::impl::reconfigure(const circuit_breaker_options& options, instant now) {
    if (auto problem = options.problem()) throw std::invalid_argument(*problem);
    std::vector<probe> room;  // grown outside the lock, and what goes is freed outside too
    std::shared_ptr<const recovery_strategy> recovery = detail::strategy_of(options);
    room.reserve(detail::most_probes_of(options));
    const std::lock_guard hold(lock_);
    recovery_.swap(recovery);
    if (run_) {
        room.assign(run_->probes.begin(), run_->probes.end());
        run_->probes.swap(room);
        if (recovery_ != recovery) run_->begin_step(0);
    }
    const bool doubled = reset_ > first_reset_;
    adopt_locked(options);
    reset_ = doubled ? std::clamp(reset_, first_reset_, longest_reset_) : first_reset_;
    window_.advance(now);
    window_.resize(options.window);
}

// False: out of memory.
bool circuit_breaker::impl::make_room_locked() noexcept {
    if (run_ && run_->probes.capacity() >= most_probes_) return true;
    try {
        auto run = std::make_unique<recovery_run>();
        run->probes.reserve(most_probes_);
        run_ = std::move(run);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

circuit_transition circuit_breaker::impl::enter_locked(circuit_state to, circuit_reason why,
                                                       instant now) noexcept {
    window_.advance(now);
    circuit_transition told{state_, to, why, now, consecutive_, window_.total(), window_.failures(),
                            0};
    state_ = to;
    why_ = why;
    since_ = now;
    if (run_) {
        run_->begin_step(0);
        run_->probes.clear();
    }
    if (to == circuit_state::closed) {
        run_.reset();
        forget_counts_locked();
        reset_ = first_reset_;
        own_finding_ = false;
    }
    const std::uint64_t generation = told.generation =
        (phase_.load(std::memory_order_relaxed) >> 1) + 1;
    phase_.store(generation << 1 | (to == circuit_state::closed ? 1 : 0),
                 std::memory_order_release);
    if (to != circuit_state::open) refuse_until_.store(not_open, std::memory_order_release);
    return told;
}

circuit_transition circuit_breaker::impl::open_locked(circuit_reason why, instant now) noexcept {
    if (state_ == circuit_state::half_open) {
        reset_ = reset_ > longest_reset_ / 2 ? longest_reset_ : reset_ * 2;
    }
    const circuit_transition told = enter_locked(circuit_state::open, why, now);
    own_finding_ = true;
    refuse_until_locked(later(now, reset_));
    return told;
}

void circuit_breaker::impl::forget_counts_locked() noexcept {
    consecutive_ = 0;
    window_.clear();
}

void circuit_breaker::impl::settle(const held& permit, outcome what, instant now) noexcept {
    if (what == outcome::cancelled && permit.probe == 0) return;
    change happened;
    {
        const std::lock_guard hold(lock_);
        if (permit.generation != phase_.load(std::memory_order_relaxed) >> 1) return;
        if (what == outcome::success && succeeds_quietly_locked(permit, now)) return;
        happened = permit.probe == 0 ? closed_result_locked(permit, what, now)
                                     : probe_result_locked(permit, what, now);
    }
    tell(happened);
}

// The usual end of a call, of which nothing can come: counted without more ado. False: not that.
bool circuit_breaker::impl::succeeds_quietly_locked(const held& permit, instant now) noexcept {
    if (permit.probe != 0 || permit.counted_slow) return false;
    if (watches_share_ && window_.failures() > 0) return false;
    const std::int64_t latency = latency_ns_.load(std::memory_order_relaxed);
    if (difference(now, permit.started).count() > latency) return false;
    consecutive_ = 0;
    window_.add(now, false);
    return true;
}

circuit_breaker::impl::change circuit_breaker::impl::closed_result_locked(const held& permit,
                                                                          outcome what,
                                                                          instant now) noexcept {
    const bool failed = what == outcome::failure;
    consecutive_ = failed ? consecutive_ + 1 : 0;
    if (!permit.counted_slow) {
        const std::int64_t latency = latency_ns_.load(std::memory_order_relaxed);
        const bool slow = difference(now, permit.started).count() > latency;
        if (auto opened = count_locked(now, failed || slow)) {
            const bool both = consecutive_ >= failure_threshold_;
            if (both) opened->reason = circuit_reason::consecutive_failures;
            return opened;
        }
    }
    if (consecutive_ < failure_threshold_ || control_ == circuit_control::closed) return {};
    return open_locked(circuit_reason::consecutive_failures, now);
}

circuit_breaker::impl::change circuit_breaker::impl::count_locked(instant now,
                                                                  bool failed) noexcept {
    window_.add(now, failed);
    if (!watches_share_ || control_ == circuit_control::closed) return {};
    if (window_.failures() == 0 || window_.total() < minimum_requests_) return {};
    // A quotient of integers is rounded correctly, so 55 of 100 reaches 0.55.
    const double share = static_cast<double>(window_.failures()) / window_.total();
    if (share < failure_rate_) return {};
    return open_locked(circuit_reason::failure_share, now);
}

void circuit_breaker::impl::slow(const held& permit, instant now) noexcept {
    change happened;
    {
        const std::lock_guard hold(lock_);
        if (permit.probe != 0) return;
        if (permit.generation != phase_.load(std::memory_order_relaxed) >> 1) return;
        happened = count_locked(now, true);
    }
    tell(happened);
}

std::optional<instant> circuit_breaker::impl::slow_at(instant started) const noexcept {
    const std::int64_t latency = latency_ns_.load(std::memory_order_relaxed);
    if (latency == INT64_MAX) return std::nullopt;
    return later(started, duration(latency + 1));
}

void circuit_breaker::impl::control(circuit_control mode, instant now) noexcept {
    change happened;
    {
        const std::lock_guard hold(lock_);
        if (mode == control_) return;
        control_ = mode;
        const bool opens = mode == circuit_control::open;
        const auto to = opens ? circuit_state::open : circuit_state::closed;
        const circuit_state from = state_;
        // Taking over a closed circuit keeps its counts; releasing one begins afresh.
        if (mode != circuit_control::closed || from != circuit_state::closed) {
            happened = enter_locked(to, circuit_reason::manual, now);
        }
        if (opens) refuse_until_.store(open_by_hand, std::memory_order_release);
        if (from == to) happened.reset();
    }
    tell(happened);
}

circuit_breaker::view circuit_breaker::impl::inspect(instant now) {
    const std::lock_guard hold(lock_);
    window_.advance(now);
    view seen;
    seen.state = state_;
    seen.manual = control_ != circuit_control::automatic;
    seen.own_finding = own_finding_;
    seen.reason = why_;
    seen.generation = phase_.load(std::memory_order_relaxed) >> 1;
    seen.consecutive_failures = consecutive_;
    seen.window_total = window_.total();
    seen.window_failures = window_.failures();
    if (state_ == circuit_state::half_open) {
        const recovery_progress progress = progress_locked(now);
        seen.admitted_share = recovery_->share(progress);
        seen.asked = progress.asked;
        seen.in_flight = progress.in_flight;
    }
    if (state_ == circuit_state::open && !seen.manual) {
        const auto refusal = refusal_at(refuse_until_.load(std::memory_order_relaxed), now);
        seen.retry_after = refusal ? refusal->retry_after : duration::zero();
    }
    return seen;
}

std::size_t circuit_breaker::impl::memory() const noexcept {
    const std::lock_guard hold(lock_);
    const std::size_t told = listener_ ? sizeof(listener) : 0;
    const std::size_t running =
        run_ ? sizeof(recovery_run) + run_->probes.capacity() * sizeof(probe) : 0;
    return sizeof(circuit_breaker) + sizeof(*this) + running + told;
}

void circuit_breaker::impl::tell(const change& happened) const noexcept {
    if (happened && listener_) (*listener_)(*happened);
}

}  // namespace symphony
