#include "policy/queue_plan.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace symphony::detail {

namespace {

constexpr std::size_t operations_per_place = 8;

}  // namespace

queue_plan::queue_plan(const wait_queue& queue) noexcept
    : unit_(queue.empty() ? 1 : queue.first()->cost) {
    for (const rate_waiter* w = queue.first(); w != nullptr; w = w->next)
        count(*w, 1);
}

void queue_plan::on_grant(const rate_waiter& w, instant at) noexcept {
    count(w, -1);
    if (known_ == 0) return;
    be_late(difference(at, place(0).at));
    ++first_;
    --known_;
}

std::optional<queue_plan::moment> queue_plan::behind(std::uint8_t rank, std::uint32_t cost,
                                                     const rate_state& state,
                                                     instant from) noexcept {
    if (others_ > 0 || cost != unit_) return std::nullopt;
    std::size_t ahead = 0;
    for (std::size_t i = 0; i <= rank; ++i)
        ahead += static_cast<std::size_t>(waiting_[i]);
    if (!reserve(ahead + 1)) return std::nullopt;
    if (known_ > 0) be_late(difference(from, place(0).at));
    const bool off = stale_ || late_ > duration::zero();
    if (known_ == 0 || (off && operations_ * operations_per_place >= known_)) {
        known_ = operations_ = 0;
        late_ = duration::zero();
        stale_ = false;
        for (std::size_t i = 0; i < state.buckets().size(); ++i)
            rates_[i] = state.buckets_[i].rate;
    }
    work_out(ahead + 1, state, from);
    duration late = late_;
    if (state.sliding() && late_ > duration::zero()) {
        for (const auto& l : state.windows_->levels)
            late += l.slots ? l.slots->slot_length() : duration::zero();
    }
    return moment{place(ahead), late};
}

bool queue_plan::reserve(std::size_t places) noexcept {
    if (places <= capacity_) return true;
    const std::size_t grown = std::bit_ceil(places);
    std::unique_ptr<rate_state::bound[]> ring(new (std::nothrow) rate_state::bound[grown]);
    if (!ring) return false;
    for (std::size_t i = 0; i < known_; ++i)
        ring[i] = place(i);
    ring_ = std::move(ring);
    capacity_ = grown;
    first_ = 0;
    return true;
}

void queue_plan::work_out(std::size_t places, const rate_state& state, instant from) noexcept {
    while (known_ < places) {
        const rate_state::bound next = next_place(state, from);
        place(known_++) = next;
        for (std::size_t i = 0; i < state.buckets().size(); ++i)
            rates_[i].take(next.at, unit_);
    }
}

rate_state::bound queue_plan::next_place(const rate_state& state, instant from) noexcept {
    rate_state::bound latest{known_ > 0 ? place(known_ - 1).at : from, 0};
    const auto last = static_cast<std::int64_t>((known_ + 1) * unit_) - 1;  // permit of this place
    for (std::size_t i = 0; i < state.levels(); ++i) {
        instant at{};
        if (state.sliding()) {
            const rate_state::window_level& l = state.windows_->levels[i];
            const std::int64_t number = last - static_cast<std::int64_t>(l.max);
            if (number < 0) {
                at = state.window_bound(l, number);
            } else {
                const instant then = place(static_cast<std::size_t>(number) / unit_).at;
                at = (l.slots ? l.slots->round_up(then) : then) + l.window;
            }
        } else {
            at = rates_[i].earliest(unit_);
        }
        if (at > latest.at) latest = {at, static_cast<std::uint8_t>(i)};
    }
    return latest;
}

}  // namespace symphony::detail
