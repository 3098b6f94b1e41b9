#pragma once

#include "store/rate_units.hpp"

#include <cstdint>
#include <deque>

namespace symphony::detail {

/// rate_slots.lua in C++: a sliding window of more than 100 000 permits, counted in slots of 1/1000
/// of it; a permit counts as charged at its slot's end.
struct charge_slots {
    struct slot {
        micros end = 0;
        std::int64_t total = 0;  // permits up to and including this slot
    };
    micros window = 1000;
    std::deque<slot> finished;  ///< the oldest first; the newest slot is in `last` and `total`
    std::int64_t base = 0;      ///< permits that no longer matter
    micros last = 0;
    std::int64_t total = 0;

    [[nodiscard]] static micros slot_end(micros window, micros at) noexcept {
        const micros length = window / 1000;
        return (at / length + 1) * length;
    }
    [[nodiscard]] std::int64_t used() const noexcept { return total - base; }
    void forget(micros now) noexcept;
    [[nodiscard]] micros nth(std::int64_t j) const noexcept;
    void charge(std::int64_t n, micros at);
    void undo(std::int64_t n) noexcept;
};

}  // namespace symphony::detail
