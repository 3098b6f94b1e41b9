#include "policy/rate_limiter_impl.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

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
    if (waiting_locked() && next_locked(now).waiter != nullptr) {
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
    if (line_) line_->plan.reset();  // whoever still stands in the queue has been passed over
    return {};
}

// The first waiter that can still be granted in time, and when.
rate_limiter::impl::candidate rate_limiter::impl::next_locked(instant now) const noexcept {
    if (!line_) return {};
    for (rate_waiter* w = line_->queue.first(); w != nullptr; w = w->next) {
        const instant at = std::max(earliest_locked(w->cost).at, now);
        if (at <= w->latest) return {w, at};
    }
    return {};
}

// Under overload the same question comes again and again before anything changes.
detail::queue_plan::moment rate_limiter::impl::forecast_locked(instant now, std::uint8_t rank,
                                                               std::uint32_t cost) noexcept {
    auto& [queue, plan, foretold, left, since, left_until] = *line_;
    const instant from = std::max(now, paused_until_);
    const bool narrowed = narrowed_locked(now);  // of that a plan knows nothing
    if (plan && plan->is_spent()) plan.reset();
    if (!plan && queue.size() > many) plan.reset(new (std::nothrow) detail::queue_plan(queue));
    if (plan && !narrowed) {
        if (const auto planned = plan->behind(rank, cost, state_, from)) return *planned;
    }
    const bool known = foretold.cost == cost && foretold.rank == rank && foretold.at > now;
    if (known && next_locked(now).at > now) return {{foretold.at, foretold.level}};
    detail::rate_forecast forecast(state_, queue, from, {left, left_until});
    const bound due = forecast.behind(queue.last_before(rank), cost);
    foretold = {due.at, cost, rank, due.level};
    return {due};
}

rate_decision rate_limiter::impl::acquire(instant now, rate_waiter& waiter) noexcept {
    const std::lock_guard hold(lock_);
    now = settle_locked(now);
    if (!waiting_locked() || waiter.cost == 0 || waiter.cost > state_.most() || max_queue_ == 0) {
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
    if (!make_line_locked()) return {verdict::refused, 0, without_memory};
    const auto [due, late] =
        forecast_locked(now, detail::wait_queue::class_of(waiter), waiter.cost);
    const duration wait = std::max(due.at - now + late, duration(1));
    if (line_->queue.size() >= max_queue_) return {verdict::full, due.level, wait};
    waiter.latest = std::min(waiter.latest, later(now, max_wait_));
    if (due.at > waiter.latest) return {verdict::refused, due.level, wait};
    line_->queue.push(waiter);
    if (line_->plan) line_->plan->on_push(waiter);
    line_->foretold.cost = 0;
    return {verdict::queued, due.level, due.at - now + late};
}

bool rate_limiter::impl::cancel(rate_waiter& waiter) noexcept {
    const std::lock_guard hold(lock_);
    if (!waiter.queued) return false;
    line_->queue.remove(waiter);
    if (line_->plan) line_->plan->on_cancel(waiter);
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
            if (line_)
                line_->foretold.cost =
                    0;  // a poll that comes late may find callers that had to give up
            if (next.waiter == nullptr) return std::nullopt;
            if (next.at > at) return next.at;
            if (!take_locked(at, next.waiter->cost)) return at + without_memory;
            granted = next.waiter;
            line_->queue.remove(*granted);
            if (line_->plan) line_->plan->on_grant(*granted, at);
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
    now = settle_locked(now);
    if (cost > 0) state_.refund(bounded(admitted_at), cost, now);
    if (narrowed_locked(now) && admitted_at >= line_->left_since) line_->left += cost;
    changed_locked();
}

void rate_limiter::impl::pause(instant until) noexcept {
    const std::lock_guard hold(lock_);
    paused_until_ = std::max(paused_until_, bounded(until));
    changed_locked();
}

void rate_limiter::impl::narrow(std::uint64_t left, instant until, instant now) noexcept {
    if (left == 0) return pause(until);
    const std::lock_guard hold(lock_);
    now = settle_locked(now);
    until = bounded(until);
    if (until <= now || !make_line_locked()) return;
    if (line_->left == 0 && narrowed_locked(now)) return;
    line_->left = left;
    line_->left_since = now;
    line_->left_until = until;
    changed_locked();
}

void rate_limiter::impl::reconfigure(const rate_limit_options& options, instant now) {
    detail::rate_state fresh = checked(options);
    rate_waiter* hopeless = nullptr;
    rate_decision why;
    {
        const std::lock_guard hold(lock_);
        if (!fresh.same_limits(state_)) {
            fresh.inherit(std::move(state_), settle_locked(now));
            state_ = std::move(fresh);
        }
        adopt(options);
        if (!line_) return;
        line_->plan.reset();
        hopeless = remove_hopeless_locked();
        left_locked();
        why = never_locked();
    }
    while (hopeless != nullptr) {
        // Its owner may drop it as soon as it is told.
        rate_waiter& told = *std::exchange(hopeless, hopeless->next);
        told.next = nullptr;
        told.on_refused(told, why);
    }
}

// Nobody waits for what can never be granted, nor is it to be had for less. Returns those to be
// told in order, linked by `next`.
rate_waiter* rate_limiter::impl::remove_hopeless_locked() noexcept {
    rate_waiter* removed = nullptr;
    rate_waiter** last = &removed;
    for (rate_waiter* w = line_->queue.first(); w != nullptr;) {
        rate_waiter& waiter = *std::exchange(w, w->next);
        if (waiter.cost <= state_.most()) continue;
        line_->queue.remove(waiter);
        // Once out of the queue, one that is not told may be gone as soon as the lock is.
        if (waiter.on_refused == nullptr) continue;
        *last = &waiter;
        last = &waiter.next;
    }
    return removed;
}

rate_limiter::view rate_limiter::impl::look(instant now) {
    view seen;
    seen.levels.reserve(detail::max_levels);
    const std::lock_guard hold(lock_);
    now = settle_locked(now);
    seen.strategy = state_.strategy();
    seen.queued = line_ ? line_->queue.size() : 0;
    for (std::size_t i = 0; i < state_.levels(); ++i) {
        level_view level = state_.look(i, now);
        if (paused_until_ > now) {
            level.remaining = 0;
            level.reset = std::max(level.reset, paused_until_ - now);
        }
        if (narrowed_locked(now)) {
            level.remaining = std::min(level.remaining, line_->left);
            level.reset = std::max(level.reset, line_->left_until - now);
        }
        seen.levels.push_back(level);
    }
    trim_locked(now);
    return seen;
}

}  // namespace symphony
