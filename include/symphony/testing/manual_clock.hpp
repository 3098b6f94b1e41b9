#pragma once

#include "symphony/core/clock.hpp"

#include <atomic>
#include <chrono>

namespace symphony::testing {

/// Time that stands still until it is moved. Both clocks move together; it starts at the same
/// moment in every run: 2024-01-01T00:00:00Z on the wall. Safe from any thread.
class manual_clock final : public clock {
public:
    manual_clock() = default;
    manual_clock(const manual_clock&) = delete;
    manual_clock& operator=(const manual_clock&) = delete;

    [[nodiscard]] instant now() const noexcept override { return instant(steady_.load()); }
    [[nodiscard]] wall_time wall_now() const noexcept override {
        return wall_time(steady_.load() + wall_lead_.load());
    }

    /// Moves both clocks. A steady clock never goes back: a negative `d` counts as 0.
    void advance(duration d) noexcept {
        if (d > duration::zero()) steady_.store(later(now(), d).time_since_epoch());
    }
    /// Somebody sets the machine's wall clock; the steady clock does not notice.
    void set_wall(wall_time at) noexcept {
        wall_lead_.store(at.time_since_epoch() - steady_.load());
    }

private:
    // Far enough from the epoch that a test may look back from its start.
    static constexpr duration start = std::chrono::hours(1000);
    static constexpr duration first_wall =
        std::chrono::sys_days(std::chrono::year(2024) / 1 / 1).time_since_epoch();

    std::atomic<duration> steady_{start};
    std::atomic<duration> wall_lead_{first_wall - start};
};

}  // namespace symphony::testing
