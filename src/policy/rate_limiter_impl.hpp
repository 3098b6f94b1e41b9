#pragma once

#include "policy/queue_plan.hpp"
#include "policy/rate_forecast.hpp"
#include "policy/rate_state.hpp"
#include "policy/wait_queue.hpp"
#include "symphony/core/spin_lock.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <optional>

namespace symphony {

/// A budget's history and its queue behind one short lock.
class rate_limiter::impl {
public:
    explicit impl(const rate_limit_options& options);

    rate_decision try_acquire(instant now, std::uint32_t cost) noexcept {
        const std::lock_guard hold(lock_);
        return decide_locked(settle_locked(now), cost);
    }
    rate_decision acquire(instant now, rate_waiter& waiter) noexcept;
    bool cancel(rate_waiter& waiter) noexcept;
    std::optional<instant> poll(instant now);
    std::optional<instant> next_poll(instant now) noexcept;
    void refund(instant admitted_at, std::uint32_t cost, instant now) noexcept;
    void pause(instant until) noexcept;
    void narrow(std::uint64_t left, instant until, instant now) noexcept;
    std::optional<allowance> narrowed(instant now) const noexcept {
        const std::lock_guard hold(lock_);
        if (!narrowed_locked(now)) return std::nullopt;
        return allowance{line_->left, line_->left_until};
    }
    void reconfigure(const rate_limit_options& options, instant now);
    view look(instant now);
    void trim(instant now) noexcept {
        const std::lock_guard hold(lock_);
        trim_locked(settle_locked(now));
    }
    std::size_t memory() const noexcept {
        const std::lock_guard hold(lock_);
        std::size_t bytes = sizeof(rate_limiter) + sizeof(*this) - sizeof(state_) + state_.memory();
        if (line_) bytes += sizeof(*line_) + (line_->plan ? line_->plan->memory() : 0);
        return bytes;
    }
    std::size_t queued() const noexcept {
        const std::lock_guard hold(lock_);
        return line_ ? line_->queue.size() : 0;
    }

private:
    using bound = detail::rate_state::bound;
    // The latest forecast, until anything changes; cost 0: none.
    struct forecast {
        instant at{};
        std::uint32_t cost = 0;
        std::uint8_t rank = 0;
        std::uint8_t level = 0;
    };
    // What only a limiter needs that somebody waits for, or that a server's hint narrows.
    struct line {
        detail::wait_queue queue;
        std::unique_ptr<detail::queue_plan> plan;  // while many wait
        forecast foretold;
        std::uint64_t left = 0;  // permits before `left_until`
        instant left_since{};
        instant left_until = bounded(instant::min());
    };
    struct candidate {
        rate_waiter* waiter = nullptr;
        instant at{};
    };

    // Threads read the clock before they get here: one may be overtaken by another's later `now`.
    [[nodiscard]] instant settle_locked(instant now) const noexcept {
        return std::max(bounded(now), state_.newest());
    }
    // Far from the ends of the range, so that windows can be added and subtracted without care.
    [[nodiscard]] static instant bounded(instant t) noexcept {
        constexpr auto edge = duration(std::numeric_limits<std::int64_t>::max() / 4);
        return std::clamp(t, instant(-edge), instant(edge));
    }
    [[nodiscard]] bound earliest_locked(std::uint64_t cost) const noexcept {
        const bound b = state_.earliest(cost);
        const instant at = std::max(b.at, paused_until_);
        const bool held = line_ && cost > line_->left;
        return {held ? std::max(at, line_->left_until) : at, b.level};
    }
    [[nodiscard]] rate_decision decide_locked(instant now, std::uint32_t cost) noexcept;
    [[nodiscard]] rate_decision never_locked() const noexcept {
        return {rate_decision::verdict::never, state_.most_level(), duration::zero()};
    }
    [[nodiscard]] bool take_locked(instant now, std::uint64_t cost) noexcept {
        if (!state_.take(now, cost)) return false;
        if (!line_) return true;
        line_->foretold.cost = 0;
        if (narrowed_locked(now)) line_->left -= std::min(line_->left, cost);
        return true;
    }
    void changed_locked() noexcept {
        if (!line_) return;
        line_->foretold.cost = 0;
        if (line_->plan) line_->plan->on_change();
    }
    void left_locked() noexcept {
        line_->foretold.cost = 0;
        if (line_->queue.empty()) line_->plan.reset();
    }
    void trim_locked(instant now) noexcept {
        state_.trim(now);
        if (!waiting_locked() && !narrowed_locked(now)) line_.reset();
    }
    [[nodiscard]] bool narrowed_locked(instant now) const noexcept {
        return line_ && now < line_->left_until;
    }
    [[nodiscard]] bool waiting_locked() const noexcept { return line_ && !line_->queue.empty(); }
    [[nodiscard]] bool make_line_locked() noexcept {
        if (!line_) line_.reset(new (std::nothrow) line);
        return line_ != nullptr;
    }
    [[nodiscard]] rate_waiter* remove_hopeless_locked() noexcept;
    [[nodiscard]] candidate next_locked(instant now) const noexcept;
    [[nodiscard]] detail::queue_plan::moment forecast_locked(instant now, std::uint8_t rank,
                                                             std::uint32_t cost) noexcept;
    void adopt(const rate_limit_options& options) noexcept {
        constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
        max_queue_ = static_cast<std::uint32_t>(std::min(options.max_queue_size, most));
        max_wait_ = options.max_queue_time.value_or(duration::max());
    }

    mutable detail::spin_lock lock_;
    std::uint32_t max_queue_ = 0;
    detail::rate_state state_;
    std::unique_ptr<line> line_;
    instant paused_until_ = bounded(instant::min());
    duration max_wait_{};
};

}  // namespace symphony
