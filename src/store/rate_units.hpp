#pragma once

#include "symphony/core/result.hpp"
#include "symphony/core/time.hpp"
#include "symphony/store/rate_store.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace symphony::detail {

/// Shared budgets count in whole microseconds, the resolution of Redis's clock.
using micros = std::int64_t;

/// Sliding windows above this many permits are counted in slots.
inline constexpr std::int64_t largest_logged = 100'000;

inline constexpr micros longest_micros = 315'360'000'000'000;  // ten years; sums stay exact in Lua

/// A level as the script gets it.
struct budget_level {
    std::int64_t max = 1;
    micros window = 1000;
    std::int64_t most = 1;  ///< what it can ever grant at once

    bool operator==(const budget_level&) const = default;
};

[[nodiscard]] constexpr micros micros_down(duration d) noexcept {
    const auto whole = std::chrono::floor<std::chrono::microseconds>(d).count();
    return std::clamp<micros>(whole, 0, longest_micros);
}

[[nodiscard]] constexpr micros micros_up(duration d) noexcept {
    const micros whole = micros_down(d);
    return d > std::chrono::microseconds(whole) && whole < longest_micros ? whole + 1 : whole;
}

/// Limits come checked from the configuration; an impossible one must still not be computed with.
[[nodiscard]] inline result<void> check_limit(const shared_limit& limit) {
    const bool sound = std::ranges::all_of(limit.levels, [](const rate_level& l) {
        return l.max >= 1 && l.max <= 1'000'000'000 && l.burst <= 1'000'000'000 &&
               l.window >= std::chrono::milliseconds(1) && l.window <= std::chrono::days(31);
    });
    if (sound && !limit.key.empty() && !limit.levels.empty() && limit.levels.size() <= 8) return {};
    return fail(error_kind::internal, "a shared limit needs a key and 1 to 8 possible levels");
}

/// Windows are rounded up: against the caller.
[[nodiscard]] inline std::vector<budget_level> budget_levels(const shared_limit& limit) {
    std::vector<budget_level> levels;
    levels.reserve(limit.levels.size());
    for (const rate_level& l : limit.levels) {
        const auto max = static_cast<std::int64_t>(l.max);
        const auto most = l.burst > 0 ? static_cast<std::int64_t>(l.burst) : max;
        levels.push_back({max, micros_up(l.window), most});
    }
    return levels;
}

}  // namespace symphony::detail
