#pragma once

#include "store/rate_units.hpp"

#include <cstdint>

namespace symphony::detail {

/// rate_bucket.lua in C++: the generic cell rate algorithm (ITU-T I.371) in microseconds and a
/// remainder.
struct charge_bucket {
    budget_level level;
    bool spaced = false;    ///< a leaky bucket
    micros tat = 0;         ///< when everything spent is refilled ...
    std::int64_t part = 0;  ///< ... and 1/max µs of it

    struct exact {
        micros us = 0;
        std::int64_t part = 0;
    };

    [[nodiscard]] bool same_rate(const budget_level& other) const noexcept {
        return level.max == other.max && level.window == other.window;
    }
    [[nodiscard]] exact length(std::int64_t n) const noexcept;
    [[nodiscard]] micros due(std::int64_t n) const noexcept;
    [[nodiscard]] std::int64_t free(micros now) const noexcept;
    [[nodiscard]] micros full_at() const noexcept { return part > 0 ? tat + 1 : tat; }
    void charge(std::int64_t n, micros at) noexcept;
    void undo(std::int64_t n) noexcept;
    /// Until when what is reserved has emptied it.
    [[nodiscard]] micros reserved_until() const noexcept {
        return tat - length(spaced ? 1 : level.most).us;
    }
    /// Stays as full as another bucket, counted in permits.
    void adopt(const charge_bucket& old, micros now) noexcept;

private:
    [[nodiscard]] exact carry(micros us, std::int64_t parts) const noexcept;
};

}  // namespace symphony::detail
