#pragma once

#include "call/rate_permit.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <algorithm>
#include <compare>
#include <cstdint>

namespace symphony {

/// A waiter that may stand in a shared budget's queue as well as in a limiter's.
struct shared_waiter : rate_waiter {
    using rate_waiter::rate_waiter;

    /// Its place: by priority, first come first served. Kept when it changes queues.
    struct place {
        std::uint8_t rank = 0;
        std::uint64_t turn = 0;  ///< 0: it has none yet
        auto operator<=>(const place&) const = default;
    };
    place where{};
    /// End of the queue's own time; `latest` is the end of the call's.
    instant queue_until = instant::max();
    std::uint32_t claims = 0;  ///< under way that were made for it
    bool placed = false;       ///< it has a place of its own in the queue, whoever used its promise

    [[nodiscard]] instant useful_until() const noexcept { return std::min(latest, queue_until); }
};

}  // namespace symphony
