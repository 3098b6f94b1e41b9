#pragma once

#include "symphony/core/time.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace symphony {

/// What is asked whether an API is well again while its circuit is open
/// (`circuitBreaker.healthCheckEndpoint`).
struct health_check_options {
    std::string url;                     ///< http or https; asked with GET, a 2xx means well
    std::optional<duration> interval{};  ///< between two checks; default: the lesser of the reset
                                         ///< timeout and 5 s
    duration timeout = std::chrono::seconds(2);  ///< of one check

    bool operator==(const health_check_options&) const = default;

    /// `interval`, or its default for a breaker of that reset timeout.
    [[nodiscard]] duration interval_for(duration reset_timeout) const noexcept {
        return interval.value_or(std::min<duration>(reset_timeout, std::chrono::seconds(5)));
    }

    /// What is impossible about these options, in words, or nothing.
    [[nodiscard]] std::optional<std::string> problem() const;
};

}  // namespace symphony
