#pragma once

#include "symphony/core/time.hpp"
#include "symphony/policy/rate_limit_options.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace symphony {

/// How permits are taken from a shared budget at this moment.
struct lease_plan {
    std::uint32_t permits = 0;  ///< to take beyond need in one round trip; 0 = no lease
    std::uint32_t batch = 1;    ///< most permits that waiters ask for together
    duration hold{};            ///< for how long they may be used

    [[nodiscard]] bool leases() const noexcept { return permits > 0; }
};

/// Sizes leases by the demand of late. A lease is held for the lease time, at most 1 % of the
/// smallest window, since its permits are charged at its end. It runs from the moment that it is
/// asked for: it holds what is likely used in the time that a round trip leaves of it, at most a
/// quarter of this instance's share (limit ÷ instances) of any level, and there is none when that
/// is less than 4 permits. Waiters ask together for at most what the limit refills in that time, so
/// that nobody waits longer than that for the others of his batch. An even spacing (leaky bucket)
/// has no leases and no batches. Not thread-safe.
class lease_sizer {
public:
    /// `longest`: the lease time, nothing = no leases. Takes valid options.
    lease_sizer(const rate_limit_options& limit, std::optional<duration> longest);

    /// Permits were wanted, whether there were any or not.
    void note(instant now, std::uint32_t permits) noexcept;
    /// What the last claim took, there and back.
    void note_trip(duration took) noexcept { trip_ = took; }
    [[nodiscard]] lease_plan plan(instant now, std::uint32_t instances) const noexcept;

private:
    [[nodiscard]] double demand_in_lease(instant now) const noexcept;

    duration hold_{};
    duration trip_{};
    std::uint64_t smallest_ = 0;  // of all levels: permits at once
    std::uint64_t refill_ = 0;    // of all levels: permits that come back within a hold
    // Demand over a sliding interval, kept as two adjacent counts.
    duration slot_{};
    instant slot_start_{};
    std::uint64_t current_ = 0;
    std::uint64_t previous_ = 0;
};

}  // namespace symphony
