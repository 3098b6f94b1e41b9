#pragma once

#include "symphony/core/time.hpp"

#include <algorithm>

namespace symphony {

/// The moment by which a whole call must be over, queueing and retries included.
class deadline {
public:
    /// No deadline.
    constexpr deadline() noexcept : at_(instant::max()) {}
    constexpr explicit deadline(instant at) noexcept : at_(at) {}

    /// `now + d`, saturating instead of overflowing; a negative `d` counts as 0.
    [[nodiscard]] static constexpr deadline after(instant now, duration d) noexcept {
        return deadline(later(now, std::max(d, duration::zero())));
    }

    [[nodiscard]] constexpr instant at() const noexcept { return at_; }
    [[nodiscard]] constexpr bool is_set() const noexcept { return at_ != instant::max(); }
    [[nodiscard]] constexpr bool passed(instant now) const noexcept { return now >= at_; }
    /// What remains, never negative; `duration::max()` without a deadline.
    [[nodiscard]] constexpr duration remaining(instant now) const noexcept {
        return !is_set() ? duration::max() : std::max(difference(at_, now), duration::zero());
    }
    /// Whether a wait of `d` from `now` would still leave the deadline ahead.
    [[nodiscard]] constexpr bool allows(instant now, duration d) const noexcept {
        return !is_set() || d < remaining(now);
    }
    [[nodiscard]] constexpr deadline earlier(deadline other) const noexcept {
        return deadline(std::min(at_, other.at_));
    }

private:
    instant at_;
};

}  // namespace symphony
