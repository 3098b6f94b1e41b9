#pragma once

#include <chrono>
#include <cstdint>

namespace symphony {

/// A length of time. Every interval in Symphony is counted in whole nanoseconds.
using duration = std::chrono::nanoseconds;

/// A moment on the steady clock: the only kind of time that decides anything.
using instant = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// A moment on the wall clock: for display and for HTTP dates only.
using wall_time = std::chrono::time_point<std::chrono::system_clock, duration>;

/// `ceil` to whole milliseconds: waits shown to a caller are rounded up, never down.
[[nodiscard]] constexpr std::int64_t to_ms_ceil(duration d) noexcept {
    return std::chrono::ceil<std::chrono::milliseconds>(d).count();
}

}  // namespace symphony
