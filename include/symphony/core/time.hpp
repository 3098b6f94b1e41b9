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

/// `a - b` where it may not fit: the nearest value instead of overflow.
[[nodiscard]] constexpr duration difference(instant a, instant b) noexcept {
    std::int64_t ns = 0;
    if (!__builtin_sub_overflow(a.time_since_epoch().count(), b.time_since_epoch().count(), &ns)) {
        return duration(ns);
    }
    return a < b ? duration::min() : duration::max();
}

/// `t + d` where it may not fit: the nearest value instead of overflow.
[[nodiscard]] constexpr instant later(instant t, duration d) noexcept {
    std::int64_t ns = 0;
    if (!__builtin_add_overflow(t.time_since_epoch().count(), d.count(), &ns)) {
        return instant(duration(ns));
    }
    return d < duration::zero() ? instant::min() : instant::max();
}

}  // namespace symphony
