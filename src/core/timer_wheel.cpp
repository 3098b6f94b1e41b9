#include "symphony/core/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace symphony {

namespace {

// Moments as unsigned numbers of the same order, whose digits (of six bits) say the slots.
constexpr std::uint64_t sign = std::uint64_t{1} << 63;

constexpr std::uint64_t key_of(instant at) noexcept {
    return static_cast<std::uint64_t>(at.time_since_epoch().count()) ^ sign;
}

constexpr instant instant_of(std::uint64_t key) noexcept {
    return instant(duration(static_cast<duration::rep>(key ^ sign)));
}

}  // namespace

timer_wheel::timer_wheel() noexcept {
    for (ring& each : rings_)
        each.before = each.after = &each;
}

timer_wheel::~timer_wheel() {
    clear();
}

void timer_wheel::clear() noexcept {
    while (size_ > 0) {
        timer& t = *static_cast<timer*>(rings_[first_ring()].after);
        leave(t);
        if (t.lost != nullptr) t.lost(t);
    }
}

void timer_wheel::arm(timer& t, instant at) noexcept {
    if (t.armed()) leave(t);
    t.at = at;
    join(t);
    ++size_;
}

void timer_wheel::disarm(timer& t) noexcept {
    if (t.armed()) leave(t);
}

std::optional<instant> timer_wheel::next() const noexcept {
    if (size_ == 0) return std::nullopt;
    return instant_of(rings_[first_ring()].earliest);
}

std::size_t timer_wheel::expire(instant now) noexcept {
    const std::size_t limit = size_;
    const std::uint64_t until = key_of(now);
    std::size_t fired = 0;
    while (size_ > 0) {
        const std::size_t index = first_ring();
        const std::uint64_t begin = begin_of(index);
        if (begin > until) break;
        if (index >= slots) {
            reached_ = begin;
            move_down(index);
            continue;
        }
        if (fired == limit) return fired;
        reached_ = begin;
        fire_first(index);
        ++fired;
    }
    reached_ = std::max(reached_, until);
    return fired;
}

// The level is the highest digit in which the moment differs from the one reached, the slot that
// digit: all rings of a level lie after all of the levels below.
void timer_wheel::join(timer& t) noexcept {
    const std::uint64_t key = std::max(key_of(t.at), reached_);
    const std::uint64_t differing = (key ^ reached_) | 1U;
    const std::size_t level = (static_cast<std::size_t>(std::bit_width(differing)) - 1) / bits;
    const std::size_t digit = (key >> (level * bits)) % slots;
    ring& to = rings_[level * slots + digit];
    if (to.after == &to) {
        to.earliest = key;
        occupied_[level] |= std::uint64_t{1} << digit;
        occupied_levels_ |= 1U << level;
    } else {
        to.earliest = std::min(to.earliest, key);
    }
    t.before = to.before;
    t.after = &to;
    to.before = t.before->after = &t;
}

void timer_wheel::leave(timer& t) noexcept {
    t.before->after = t.after;
    t.after->before = t.before;
    // Alone in a ring, it had the ring's own link on both sides.
    if (t.before == t.after) {
        mark_empty(static_cast<std::size_t>(static_cast<ring*>(t.after) - rings_.data()));
    }
    t.after = nullptr;
    --size_;
}

void timer_wheel::mark_empty(std::size_t index) noexcept {
    const std::size_t level = index / slots;
    occupied_[level] &= ~(std::uint64_t{1} << (index % slots));
    if (occupied_[level] == 0) occupied_levels_ &= ~(1U << level);
}

std::size_t timer_wheel::first_ring() const noexcept {
    const auto level = static_cast<std::size_t>(std::countr_zero(occupied_levels_));
    return level * slots + static_cast<std::size_t>(std::countr_zero(occupied_[level]));
}

std::uint64_t timer_wheel::begin_of(std::size_t index) const noexcept {
    const std::size_t level = index / slots;
    const std::size_t above = (level + 1) * bits;
    const std::uint64_t higher = above < 64 ? reached_ >> above << above : 0;
    return higher | static_cast<std::uint64_t>(index % slots) << (level * bits);
}

// Their digit of this level is the one reached now: each belongs to a level below.
void timer_wheel::move_down(std::size_t index) noexcept {
    ring& from = rings_[index];
    timer_link* next = from.after;
    from.before = from.after = &from;
    mark_empty(index);
    while (next != &from) {
        timer& t = *static_cast<timer*>(next);
        next = t.after;
        join(t);
    }
}

void timer_wheel::fire_first(std::size_t index) noexcept {
    timer& due = *static_cast<timer*>(rings_[index].after);
    leave(due);
    due.fire(due);  // may destroy it
}

}  // namespace symphony
