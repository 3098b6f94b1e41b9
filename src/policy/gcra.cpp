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
    : form_(form), max_(max), window_(window.count()), arrival_{never, 0} {
    step_ = {window_ / static_cast<std::int64_t>(max), static_cast<std::uint64_t>(window_) % max};
    if (form == shape::bucket) tolerance_ = length(burst);
}

gcra::exact_time gcra::length(std::uint64_t permits) const noexcept {
    if (permits == 1) return step_;
    const wide product = static_cast<wide>(permits) * static_cast<std::uint64_t>(window_);
    const wide ns = product / max_;
    if (ns > static_cast<wide>(longest)) return {longest, 0};
    return {static_cast<std::int64_t>(ns), static_cast<std::uint64_t>(product % max_)};
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
    if (form_ == shape::spaced) return ceil(arrival_);
    return ceil(subtract(add(arrival_, length(cost)), tolerance_));
}

void gcra::take(instant now, std::uint64_t cost) noexcept {
    exact_time base = arrival_;
    // An evenly spaced admission at the first whole nanosecond after its exact moment counts as
    // made at that moment, or the rounding would add up.
    const bool late = form_ == shape::spaced ? ceil(base) < now : base < exact_time{count(now), 0};
    if (late) base = {count(now), 0};
    arrival_ = add(base, length(cost));
}

std::uint64_t gcra::permits_in(exact_time span, bool round_up) const noexcept {
    const wide units = static_cast<wide>(static_cast<std::uint64_t>(span.ns)) * max_ + span.part;
    const auto window = static_cast<wide>(static_cast<std::uint64_t>(window_));
    return static_cast<std::uint64_t>((units + (round_up ? window - 1 : 0)) / window);
}

std::uint64_t gcra::remaining(instant now) const noexcept {
    const exact_time at{count(now), 0};
    if (form_ == shape::spaced) return arrival_ <= at ? 1 : 0;
    const exact_time base = std::max(arrival_, at);
    const exact_time limit = add(at, tolerance_);
    return base >= limit ? 0 : permits_in(subtract(limit, base), false);
}

std::uint64_t gcra::used(instant now) const noexcept {
    const exact_time at{count(now), 0};
    return arrival_ <= at ? 0 : permits_in(subtract(arrival_, at), true);
}

duration gcra::backlog(instant now) const noexcept {
    return duration(std::max<std::int64_t>(arrival_.ns - count(now), 0));
}

duration gcra::refund(instant admitted_at, std::uint64_t cost, duration limit) noexcept {
    const exact_time worth = length(cost);
    if (form_ == shape::spaced) {
        const exact_time before = subtract(arrival_, worth);
        if (ceil(before) > admitted_at) return duration::zero();
        arrival_ = before;
        return duration(worth.ns + 1);
    }
    const exact_time most{limit.count(), 0};
    const exact_time credit = std::min(worth, most);
    arrival_ = subtract(arrival_, credit);
    return duration(credit.ns + (credit.part > 0 ? 1 : 0));
}

void gcra::charge(instant now, std::uint64_t permits) noexcept {
    arrival_ = add(exact_time{count(now), 0}, length(permits));
}

void refund_bound::on_take(instant now, duration backlog) noexcept {
    while (size_ > 0 && lows_[size_ - 1].backlog >= backlog)
        --size_;
    if (size_ == lows_.size()) {
        lows_[1].backlog = lows_[0].backlog;
        std::copy(lows_.begin() + 1, lows_.end(), lows_.begin());
        --size_;
    }
    lows_[size_++] = {now, backlog};
}

duration refund_bound::limit(instant admitted_at) const noexcept {
    for (std::uint32_t i = 0; i < size_; ++i) {
        if (lows_[i].at > admitted_at) return lows_[i].backlog;
    }
    return duration(longest);
}

void refund_bound::on_refund(instant admitted_at, duration credited) noexcept {
    for (std::uint32_t i = 0; i < size_; ++i) {
        if (lows_[i].at > admitted_at) {
            lows_[i].backlog = std::max(lows_[i].backlog - credited, duration::zero());
        }
    }
}

}  // namespace symphony::detail
