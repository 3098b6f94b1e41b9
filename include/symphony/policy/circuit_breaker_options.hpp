#pragma once

#include "symphony/core/time.hpp"
#include "symphony/policy/recovery_strategy.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace symphony {

/// The part of the `circuitBreaker` block that decides.
struct circuit_breaker_options {
    std::uint32_t failure_threshold = 5;  ///< consecutive failures that open; at least 1
    duration reset_timeout = std::chrono::seconds(30);  ///< how long OPEN lasts; above 0
    std::optional<duration> max_reset_timeout{};        ///< default: 10 × reset_timeout
    std::optional<double> failure_rate{};               ///< share of failures that opens, (0, 1]
    std::optional<duration> latency_threshold{};  ///< slower (strictly) counts as a failure in
                                                  ///< the share; share 0.5 unless given
    duration window = std::chrono::seconds(10);   ///< sliding window of the share
    std::uint32_t minimum_requests = 10;          ///< outcomes in the window before it may open
    std::uint32_t success_threshold = 1;  ///< half-open: calls in flight and successes to close, or
                                          ///< successes a step; 1 … 100 000
    recovery_kind recovery = recovery_kind::immediate;
    std::shared_ptr<const recovery_strategy> custom_recovery{};  ///< with `custom`, never else

    bool operator==(const circuit_breaker_options&) const = default;

    /// What is impossible about these options, in words, or nothing. Checked by `circuit_breaker`.
    [[nodiscard]] std::optional<std::string> problem() const;
};

}  // namespace symphony
