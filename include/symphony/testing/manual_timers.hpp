#pragma once

#include "symphony/core/timer_wheel.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace symphony::testing {

/// Timers that fire when a test moves time, earliest first, each at its own moment. For one thread.
class manual_timers final : public timers {
public:
    /// `settle` is called before time moves and after timers fired: it lets what was woken run, so
    /// that it can arm its next timer. Typically it polls an io_context until nothing is ready.
    explicit manual_timers(manual_clock& time, std::function<void()> settle = {});

    void arm(timer& t, instant at) override { pending_.arm(t, at); }
    void disarm(timer& t) noexcept override { pending_.disarm(t); }

    /// Moves the clock by `d`, stopping at every timer on the way. Returns how many fired.
    /// Throws std::logic_error when one re-arms itself without end in the past.
    std::size_t advance(duration d);
    /// Fires what is due without moving the clock. Returns and throws as `advance`.
    std::size_t run_due();

    /// The earliest moment something is due, or one before it where the earliest was disarmed.
    [[nodiscard]] std::optional<instant> next() noexcept { return pending_.next(); }
    [[nodiscard]] std::size_t pending() const noexcept { return pending_.size(); }

private:
    manual_clock& time_;
    std::function<void()> settle_;
    timer_wheel pending_;
};

}  // namespace symphony::testing
