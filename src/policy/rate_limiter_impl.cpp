#include "policy/rate_limiter_impl.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <new>
#include <stdexcept>

namespace symphony {

namespace {

using verdict = rate_decision::verdict;

// Fewer than these are foretold exactly, each time anew.
constexpr std::size_t many = 64;

// No memory for the history: refused rather than admitted uncounted.
constexpr duration without_memory = std::chrono::milliseconds(1);

detail::rate_state checked(const rate_limit_options& options) {
    if (auto problem = options.problem()) throw std::invalid_argument(*problem);
    return {options.strategy, options.levels()};
}

}  // namespace

rate_limiter::impl::impl(const rate_limit_options& options) : state_(checked(options)) {
    adopt(options);
}

rate_decision rate_limiter::impl::decide_locked(instant now, std::uint32_t cost) noexcept {
    const bool only_look = cost == 0;
    const std::uint64_t permits = only_look ? 1 : cost;
    if (permits > state_.most()) return never_locked();
    if (!queue_.empty() && next_locked(now).waiter != nullptr) {
        constexpr std::uint8_t last_class = detail::wait_queue::classes - 1;
        const auto [due, late] =
            forecast_locked(now, last_class, static_cast<std::uint32_t>(permits));
        // Where the one ahead is due this very moment, there is still its poll to wait for.
        const duration wait = std::max(due.at - now + late, duration(1));
        return {verdict::refused, due.level, wait};
    }
    const bound due = earliest_locked(permits);
    if (due.at > now) return {verdict::refused, due.level, due.at - now};
    if (only_look) return {};
    if (!take_locked(now, permits)) return {verdict::refused, 0, without_memory};
    plan_.reset();  // whoever still stands in the queue has been passed over
    return {};
}

// The first waiter that can still be granted in time, and when.
rate_limiter::impl::candidate rate_limiter::impl::next_locked(instant now) const noexcept {
    for (rate_waiter* w = queue_.first(); w != nullptr; w = w->next) {
        const instant at = std::max(earliest_locked(w->cost).at, now);
        if (at <= w->latest) return {w, at};
    }
    return {};
}

// Under overload the same question comes again and again before anything changes.
detail::queue_plan::moment rate_limiter::impl::forecast_locked(instant now, std::uint8_t rank,
                                                               std::uint32_t cost) noexcept {
    const instant from = std::max(now, paused_until_);
    if (plan_ && plan_->is_spent()) plan_.reset();
    if (!plan_ && queue_.size() > many) plan_.reset(new (std::nothrow) detail::queue_plan(queue_));
    if (plan_) {
        if (const auto planned = plan_->behind(rank, cost, state_, from)) return *planned;
    }
    const bool known = foretold_.cost == cost && foretold_.rank == rank && foretold_.at > now;
    if (known && next_locked(now).at > now) return {{foretold_.at, foretold_.level}};
    detail::rate_forecast forecast(state_, queue_, from);
    const bound due = forecast.behind(queue_.last_before(rank), cost);
    foretold_ = {due.at, cost, rank, due.level};
    return {due};
}

rate_decision rate_limiter::impl::acquire(instant now, rate_waiter& waiter) noexcept {
    const std::lock_guard hold(lock_);
    now = settle_locked(now);
    if (queue_.empty() || waiter.cost == 0 || waiter.cost > state_.most() || max_queue_ == 0) {
        const rate_decision at_once = decide_locked(now, waiter.cost);
        if (at_once.admitted()) waiter.granted_at = now;
        const bool may_wait = at_once.what == verdict::refused && waiter.cost > 0 && max_queue_ > 0;
        if (!may_wait) return at_once;
    } else if (next_locked(now).waiter == nullptr) {
        // Everybody in the queue has been passed over.
        const rate_decision at_once = decide_locked(now, waiter.cost);
        if (at_once.admitted()) {
            waiter.granted_at = now;
            return at_once;
        }
    }
    const auto [due, late] =
        forecast_locked(now, detail::wait_queue::class_of(waiter), waiter.cost);
    const duration wait = std::max(due.at - now + late, duration(1));
    if (queue_.size() >= max_queue_) return {verdict::full, due.level, wait};
    waiter.latest = std::min(waiter.latest, later(now, max_wait_));
    if (due.at > waiter.latest) return {verdict::refused, due.level, wait};
    queue_.push(waiter);
    if (plan_) plan_->on_push(waiter);
    foretold_.cost = 0;
    return {verdict::queued, due.level, due.at - now + late};
}

bool rate_limiter::impl::cancel(rate_waiter& waiter) noexcept {
    const std::lock_guard hold(lock_);
    if (!waiter.queued) return false;
    queue_.remove(waiter);
    if (plan_) plan_->on_cancel(waiter);
    left_locked();
    return true;
}

std::optional<instant> rate_limiter::impl::poll(instant now) {
    for (;;) {
        rate_waiter* granted = nullptr;
        {
            const std::lock_guard hold(lock_);
            const instant at = settle_locked(now);
            const candidate next = next_locked(at);
            foretold_.cost = 0;  // a poll that comes late may find callers that had to give up
            if (next.waiter == nullptr) return std::nullopt;
            if (next.at > at) return next.at;
            if (!take_locked(at, next.waiter->cost)) return at + without_memory;
            granted = next.waiter;
            queue_.remove(*granted);
            if (plan_) plan_->on_grant(*granted, at);
            left_locked();
            granted->granted_at = at;
        }
        granted->on_granted(*granted);
    }
}

std::optional<instant> rate_limiter::impl::next_poll(instant now) noexcept {
    const std::lock_guard hold(lock_);
    const candidate next = next_locked(settle_locked(now));
    if (next.waiter == nullptr) return std::nullopt;
    return next.at;
}

void rate_limiter::impl::refund(instant admitted_at, std::uint32_t cost, instant now) noexcept {
    const std::lock_guard hold(lock_);
    if (cost > 0) state_.refund(bounded(admitted_at), cost, settle_locked(now));
    changed_locked();
}

void rate_limiter::impl::pause(instant until) noexcept {
    const std::lock_guard hold(lock_);
    paused_until_ = std::max(paused_until_, bounded(until));
    changed_locked();
}

void rate_limiter::impl::reconfigure(const rate_limit_options& options, instant now) {
    detail::rate_state fresh = checked(options);
    const std::lock_guard hold(lock_);
    const bool same_rate =
        options.strategy == state_.strategy() && options.levels() == state_.configured();
    if (!same_rate) {
        fresh.inherit(std::move(state_), settle_locked(now));
        state_ = std::move(fresh);
    }
    adopt(options);
    foretold_.cost = 0;
    plan_.reset();
    // Nobody waits for what can never be granted.
    const auto most = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(state_.most(), std::numeric_limits<std::uint32_t>::max()));
    for (rate_waiter* w = queue_.first(); w != nullptr; w = w->next) {
        w->cost = std::min(w->cost, most);
    }
}

rate_limiter::view rate_limiter::impl::look(instant now) {
    view seen;
    seen.levels.reserve(detail::max_levels);
    const std::lock_guard hold(lock_);
    now = settle_locked(now);
    seen.strategy = state_.strategy();
    seen.queued = queue_.size();
    for (std::size_t i = 0; i < state_.levels(); ++i) {
        level_view level = state_.look(i, now);
        if (paused_until_ > now) {
            level.remaining = 0;
            level.reset = std::max(level.reset, paused_until_ - now);
        }
        seen.levels.push_back(level);
    }
    state_.trim(now);
    return seen;
}

}  // namespace symphony
