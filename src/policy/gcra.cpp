#include "policy/gcra.hpp"

#include <algorithm>
#include <limits>

namespace symphony::detail {

namespace {

__extension__ using wide = unsigned __int128;

// Long before any clock's beginning, with room to subtract from.
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min() / 4;
// Far beyond any window, with room to add to.
constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max() / 4;

std::int64_t count(instant t) noexcept {
    return t.time_since_epoch().count();
}

}  // namespace

gcra::gcra(shape form, std::uint64_t max, duration window, std::uint64_t burst) noexcept
    : window_(window.count()), arrival_ns_(never), max_(static_cast<std::uint32_t>(max)) {
    step_ns_ = window_ / static_cast<std::int64_t>(max);
    step_part_ = static_cast<std::uint32_t>(window_ % static_cast<std::int64_t>(max));
    if (form == shape::spaced) return;
    const exact_time whole = length(burst);
    tolerance_ns_ = whole.ns;
    tolerance_part_ = whole.part;
}

std::uint64_t gcra::most() const noexcept {
    return spaced() ? max_ : permits_in(tolerance(), false);
}

bool gcra::same_rate(const gcra& other) const noexcept {
    return max_ == other.max_ && window_ == other.window_ && tolerance() == other.tolerance();
}

gcra::exact_time gcra::length(std::uint64_t permits) const noexcept {
    if (permits == 1) return step();
    const wide product = static_cast<wide>(permits) * static_cast<std::uint64_t>(window_);
    const wide ns = product / max_;
    if (ns > static_cast<wide>(longest)) return {longest, 0};
    return {static_cast<std::int64_t>(ns), static_cast<std::uint32_t>(product % max_)};
}

gcra::exact_time gcra::add(exact_time a, exact_time b) const noexcept {
    exact_time sum{a.ns + b.ns, a.part + b.part};
    if (sum.part >= max_) {
        sum.part -= max_;
        ++sum.ns;
    }
    return sum;
}

gcra::exact_time gcra::subtract(exact_time a, exact_time b) const noexcept {
    if (a.part >= b.part) return {a.ns - b.ns, a.part - b.part};
    return {a.ns - b.ns - 1, a.part + max_ - b.part};
}

instant gcra::earliest(std::uint64_t cost) const noexcept {
    if (spaced()) return ceil(arrival());
    return ceil(subtract(add(arrival(), length(cost)), tolerance()));
}

void gcra::take(instant now, std::uint64_t cost) noexcept {
    exact_time base = arrival();
    // An evenly spaced admission at the first whole nanosecond after its exact moment counts as
    // made at that moment, or the rounding would add up.
    const bool late = spaced() ? ceil(base) < now : base < exact_time{count(now), 0};
    if (late) base = {count(now), 0};
    arrive(add(base, length(cost)));
}

std::uint64_t gcra::permits_in(exact_time span, bool round_up) const noexcept {
    const wide units = static_cast<wide>(static_cast<std::uint64_t>(span.ns)) * max_ + span.part;
    const auto window = static_cast<wide>(static_cast<std::uint64_t>(window_));
    return static_cast<std::uint64_t>((units + (round_up ? window - 1 : 0)) / window);
}

std::uint64_t gcra::remaining(instant now) const noexcept {
    const exact_time at{count(now), 0};
    if (spaced()) return arrival() <= at ? 1 : 0;
    const exact_time base = std::max(arrival(), at);
    const exact_time limit = add(at, tolerance());
    return base >= limit ? 0 : permits_in(subtract(limit, base), false);
}

std::uint64_t gcra::used(instant now) const noexcept {
    const exact_time at{count(now), 0};
    return arrival() <= at ? 0 : permits_in(subtract(arrival(), at), true);
}

duration gcra::backlog(instant now) const noexcept {
    return duration(std::max<std::int64_t>(arrival_ns_ - count(now), 0));
}

duration gcra::refund(instant admitted_at, std::uint64_t cost, duration limit) noexcept {
    const exact_time worth = length(cost);
    if (spaced()) {
        const exact_time before = subtract(arrival(), worth);
        if (ceil(before) > admitted_at) return duration::zero();
        arrive(before);
        return duration(worth.ns + 1);
    }
    const exact_time most{limit.count(), 0};
    const exact_time credit = std::min(worth, most);
    arrive(subtract(arrival(), credit));
    return duration(credit.ns + (credit.part > 0 ? 1 : 0));
}

void gcra::charge(instant now, std::uint64_t permits) noexcept {
    arrive(add(exact_time{count(now), 0}, length(permits)));
}

void refund_bound::on_take(instant newest, instant now, duration backlog) noexcept {
    constexpr instant none = instant::min();
    if (least_[2] < backlog && newest == now) return;  // the one before, as early, says more
    if (least_[2] < backlog) {
        // Where three are in use the two oldest become one.
        least_ = {at_[0] == none ? least_[1] : least_[0], least_[2], backlog};
        at_ = {at_[1], newest};
        return;
    }
    if (at_[1] != none && least_[1] >= backlog) {
        const bool first_too = at_[0] == none || least_[0] >= backlog;
        at_ = {none, first_too ? none : at_[0]};
        least_[1] = least_[0];
    }
    least_[2] = backlog;
}

duration refund_bound::limit(instant newest, instant admitted_at) const noexcept {
    if (at_[0] > admitted_at) return least_[0];
    if (at_[1] > admitted_at) return least_[1];
    return newest > admitted_at ? least_[2] : unlimited;
}

void refund_bound::on_refund(instant newest, instant admitted_at, duration credited) noexcept {
    const std::array<instant, 3> times{at_[0], at_[1], newest};
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (times[i] > admitted_at) least_[i] = std::max(least_[i] - credited, duration::zero());
    }
    // What later ones would have met by now bounds what came before the refunded one, too.
    least_[1] = std::min(least_[1], least_[2]);
    least_[0] = std::min(least_[0], least_[1]);
}

}  // namespace symphony::detail
