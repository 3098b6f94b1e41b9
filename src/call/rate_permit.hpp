#pragma once

#include "symphony/core/time.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <cstdint>

namespace symphony {

/// What names a permit, so that it can go back to where it came from.
struct rate_permit {
    enum class origin : std::uint8_t {
        local,  ///< the process's own limiter, at `at`
        store,  ///< the shared store, under `ticket`
        free    ///< nobody counts it
    };
    instant at{};
    std::uint64_t ticket = 0;
    origin from = origin::local;
    std::uint64_t below = 0;  ///< as `rate_refund::below`
};

/// What a gate answers.
struct rate_answer {
    rate_decision decision{};
    rate_permit permit{};      ///< when admitted
    bool unavailable = false;  ///< refused, because the store is down
};

}  // namespace symphony
