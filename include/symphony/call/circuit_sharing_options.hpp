#pragma once

#include "symphony/store/redis_options.hpp"

namespace symphony {

/// Lets processes share what they find about an API (`circuitBreaker.shared`): those with the same
/// tool and endpoint in the same store. Stands beside `circuit_breaker_options`, which know no
/// store.
struct circuit_sharing_options {
    redis_options redis{};

    /// Whether both mean the same store.
    [[nodiscard]] bool same_as(const circuit_sharing_options& other) const noexcept {
        return redis.same_as(other.redis);
    }
};

}  // namespace symphony
