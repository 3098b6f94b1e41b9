#pragma once

#include "symphony/policy/rate_limit_options.hpp"

#include <cstdint>

namespace symphony::bench {

/// The limit that the goals are stated for: so many per second, and as much per minute.
inline rate_limit_options two_levels(rate_strategy strategy, std::uint64_t per_second) {
    rate_limit_options options;
    options.max_requests_per_second = per_second;
    options.max_requests_per_minute = per_second * 60;
    options.strategy = strategy;
    return options;
}

}  // namespace symphony::bench
