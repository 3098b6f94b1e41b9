#pragma once

#include "symphony/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

/// How a budget is spread over time.
enum class rate_strategy : std::uint8_t {
    sliding_window,  ///< never more than `max` admissions in any window of that length
    token_bucket,    ///< in any interval t at most `burst + max * t / window`
    leaky_bucket,    ///< admissions at least `window / max` apart
};

/// "sliding-window", "token-bucket" or "leaky-bucket": as in a configuration.
[[nodiscard]] std::string_view to_string(rate_strategy strategy) noexcept;

/// One limit: at most `max` permits in each `window`.
struct rate_level {
    std::uint64_t max = 0;    ///< permits, 1 … 10^9
    duration window{};        ///< 1 ms … 31 days
    std::uint64_t burst = 0;  ///< token bucket only: bucket size; 0 = `max`

    bool operator==(const rate_level&) const = default;
};

/// The `rateLimit` block. At least one level has to be given, by any of the three fields.
struct rate_limit_options {
    std::uint64_t max_requests_per_second = 0;  ///< 0 = no such level
    std::uint64_t max_requests_per_minute = 0;  ///< 0 = no such level
    std::vector<rate_level> limits{};           ///< further levels; at most 8 levels in all
    /// Equal prefixes share one budget; empty = `TOOL.ENDPOINT`.
    std::string key_prefix{};
    rate_strategy strategy = rate_strategy::sliding_window;
    std::size_t max_queue_size = 1000;         ///< waiting callers; 0 = never wait
    std::optional<duration> max_queue_time{};  ///< default: the call's deadline

    bool operator==(const rate_limit_options&) const = default;

    /// All levels, the per-second and per-minute ones first.
    [[nodiscard]] std::vector<rate_level> levels() const;
    /// What is impossible about these options, in words, or nothing. Checked by `rate_limiter`.
    [[nodiscard]] std::optional<std::string> problem() const;
};

}  // namespace symphony
