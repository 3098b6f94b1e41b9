#include "call/lease_sizer.hpp"

#include <algorithm>
#include <limits>

namespace symphony {

namespace {

constexpr std::uint32_t several = 4;      // fewer are not worth holding
constexpr int holds_in_slot = 10;         // how far back demand is looked at
constexpr std::uint64_t share_parts = 4;  // a lease takes one of so many parts of a share
constexpr int windows_part = 100;         // what the late charge may cost of a window

}  // namespace

lease_sizer::lease_sizer(const rate_limit_options& limit, std::optional<duration> longest) {
    if (!longest || limit.strategy == rate_strategy::leaky_bucket) return;
    const std::vector<rate_level> levels = limit.levels();
    hold_ = *longest;
    for (const rate_level& level : levels)
        hold_ = std::min(hold_, level.window / windows_part);
    slot_ = hold_ * holds_in_slot;
    smallest_ = refill_ = std::numeric_limits<std::uint32_t>::max();
    for (const rate_level& level : levels) {
        const std::uint64_t at_once = level.burst > 0 ? level.burst : level.max;
        smallest_ = std::min(smallest_, at_once);
        // max <= 10^9 and hold/window <= 1/100: the quotient is exact enough in a double.
        const double part =
            static_cast<double>(hold_.count()) / static_cast<double>(level.window.count());
        refill_ =
            std::min(refill_, static_cast<std::uint64_t>(static_cast<double>(level.max) * part));
    }
}

void lease_sizer::note(instant now, std::uint32_t permits) noexcept {
    if (slot_ == duration::zero()) return;
    const duration since = difference(now, slot_start_);
    if (since >= slot_) {
        previous_ = since < 2 * slot_ ? current_ : 0;
        current_ = 0;
        slot_start_ = since < 2 * slot_ ? slot_start_ + slot_ : now;
    }
    current_ += permits;
}

double lease_sizer::demand_in_lease(instant now) const noexcept {
    const duration since = difference(now, slot_start_);
    const double length = static_cast<double>(slot_.count());
    double seen = 0;
    if (since < slot_) {
        const double left = 1 - static_cast<double>(since.count()) / length;
        seen = static_cast<double>(previous_) * left + static_cast<double>(current_);
    } else if (since < 2 * slot_) {
        const double left = 2 - static_cast<double>(since.count()) / length;
        seen = static_cast<double>(current_) * left;
    }
    const duration usable = std::max(hold_ - trip_, duration::zero());
    return seen * static_cast<double>(usable.count()) / length;
}

lease_plan lease_sizer::plan(instant now, std::uint32_t instances) const noexcept {
    lease_plan made;
    if (hold_ <= duration::zero()) return made;
    const std::uint64_t most = smallest_ / (share_parts * std::max<std::uint64_t>(instances, 1));
    const double wanted = std::min(demand_in_lease(now), static_cast<double>(most));
    if (wanted < several) return made;
    made.permits = static_cast<std::uint32_t>(wanted);
    made.batch =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(std::min(refill_, most), 1, most));
    made.hold = hold_;
    return made;
}

}  // namespace symphony
