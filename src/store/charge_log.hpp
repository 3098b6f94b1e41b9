#pragma once

#include "store/rate_units.hpp"

#include <cstdint>
#include <deque>

namespace symphony::detail {

/// rate_log.lua in C++: the charges of sliding windows of up to 100 000 permits, in order. Answers
/// as the script does at every step, also where that has to forget.
struct charge_log {
    /// Where much is promised, more than the largest level looks back on: as many reservations can
    /// be taken back with nothing of what is used forgotten.
    static constexpr std::int64_t spare = 10'000;
    static constexpr std::int64_t usual_spare = 64;

    std::deque<micros> charges;  ///< the oldest first
    std::int64_t alloc = 0;      ///< room in the script's ring
    micros newest = 0;
    micros gone = 0;        ///< the newest one forgotten ...
    std::int64_t owed = 0;  ///< ... and how many such there are
    std::int64_t cap = 0;   ///< how far any configuration made it reach: 0 = there is no log
    micros longest = 0;

    [[nodiscard]] std::int64_t count() const noexcept {
        return static_cast<std::int64_t>(charges.size());
    }
    /// When the j-th newest permit is charged; 0: there is none.
    [[nodiscard]] micros nth(std::int64_t j) const noexcept;
    [[nodiscard]] std::int64_t used(micros now, micros window) const noexcept;
    void charge(std::int64_t n, micros at, micros now);
    void undo(std::int64_t n) noexcept;
    /// Makes it reach as far as a level needs.
    void reach(const budget_level& level, bool known) noexcept;

private:
    [[nodiscard]] std::int64_t newer(micros t) const noexcept;
    void make_room(std::int64_t n, micros now);
};

}  // namespace symphony::detail
