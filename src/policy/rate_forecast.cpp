#include "policy/rate_forecast.hpp"

#include <algorithm>

namespace symphony::detail {

namespace {

// Marks a waiter that cannot be granted in time any more: nobody stands behind it.
constexpr instant passed_over = instant::max();

}  // namespace

rate_forecast::rate_forecast(const rate_state& state, const wait_queue& queue, instant from,
                             hold held) noexcept
    : state_(state), queue_(queue), held_(held), clock_(from) {
    for (std::size_t i = 0; i < state.buckets().size(); ++i)
        rates_[i] = state.buckets_[i].rate;
}

rate_state::bound rate_forecast::behind(const rate_waiter* last, std::uint64_t cost) noexcept {
    if (last != nullptr) {
        for (rate_waiter* w = queue_.first();; w = w->next) {
            place(*w);
            if (w == last) break;
        }
    }
    return earliest(cost);
}

rate_state::bound rate_forecast::earliest(std::uint64_t cost) noexcept {
    const bool held = static_cast<std::uint64_t>(placed_) + cost > held_.permits;
    rate_state::bound latest{held ? std::max(clock_, held_.until) : clock_, 0};
    for (std::size_t i = 0; i < state_.levels(); ++i) {
        const auto max = static_cast<std::int64_t>(state_.max_of(i));
        const instant at = state_.sliding()
                               ? window_bound(i, static_cast<std::int64_t>(cost) - 1 - max)
                               : rates_[i].earliest(cost);
        if (at > latest.at) latest = {at, static_cast<std::uint8_t>(i)};
    }
    return latest;
}

instant rate_forecast::window_bound(std::size_t index, std::int64_t offset) noexcept {
    const rate_state::window_level& l = state_.windows_->levels[index];
    const std::int64_t number = placed_ + offset;
    if (number < 0) return state_.window_bound(l, number);
    cursor& c = cursors_[index];
    // Back to the head where one that was passed over, being costlier, looked further ahead.
    if (c.waiter == nullptr || number < c.begin) c = {queue_.first(), 0};
    for (;; c.waiter = c.waiter->next) {
        if (c.waiter->granted_at == passed_over) continue;
        if (number < c.begin + c.waiter->cost) break;
        c.begin += c.waiter->cost;
    }
    const instant admitted = c.waiter->granted_at;
    return (l.slots ? l.slots->round_up(admitted) : admitted) + l.window;
}

void rate_forecast::place(rate_waiter& w) noexcept {
    const instant at = earliest(w.cost).at;
    if (at > w.latest) {
        w.granted_at = passed_over;
        return;
    }
    w.granted_at = at;
    clock_ = at;
    placed_ += w.cost;
    for (std::size_t i = 0; i < state_.buckets().size(); ++i)
        rates_[i].take(at, w.cost);
}

}  // namespace symphony::detail
