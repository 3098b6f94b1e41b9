#pragma once

#include "symphony/core/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace symphony::net::detail {

/// Counts what a peer may do now and then, but not without end: a bucket that leaks so many a
/// second. For one thread.
class flood_meter {
public:
    constexpr flood_meter(std::uint32_t burst, std::uint32_t per_second) noexcept
        : burst_(burst), interval_(duration(std::chrono::seconds(1)) / per_second) {}

    /// One more; false when it is one too many.
    [[nodiscard]] constexpr bool count(instant now) noexcept {
        if (now > at_) {
            const auto leaked = (now - at_) / interval_;
            level_ -= static_cast<std::uint32_t>(std::min<decltype(leaked)>(leaked, level_));
            at_ += leaked * interval_;
        }
        if (level_ >= burst_) return false;
        ++level_;
        return true;
    }
    constexpr void forgive() noexcept { level_ = 0; }
    constexpr void forgive_one() noexcept { level_ -= level_ > 0 ? 1 : 0; }

private:
    std::uint32_t burst_;
    std::uint32_t level_ = 0;
    duration interval_;
    instant at_{};
};

}  // namespace symphony::net::detail
