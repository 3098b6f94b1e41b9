#include "symphony/core/timer_heap.hpp"

#include <algorithm>

namespace symphony {

namespace {

// So few are not worth a round of tidying.
constexpr std::size_t holes_kept = 32;

}  // namespace

timer_heap::~timer_heap() {
    for (const entry& e : entries_) {
        if (e.owner == nullptr) continue;
        e.owner->slot = timer::npos;
        if (e.owner->lost != nullptr) e.owner->lost(*e.owner);
    }
}

void timer_heap::arm(timer& t, instant at) {
    const entry armed{at, &t};
    if (t.armed()) {
        t.at = at;
        resettle(t.slot, armed);
    } else {
        entries_.push_back(armed);
        t.at = at;
        sift_up(entries_.size() - 1, armed);
    }
}

void timer_heap::disarm(timer& t) noexcept {
    if (!t.armed()) return;
    entries_[t.slot].owner = nullptr;
    t.slot = timer::npos;
    ++holes_;
    if (holes_ > size() + holes_kept) drop_holes();
}

std::optional<instant> timer_heap::next() noexcept {
    while (!entries_.empty() && entries_.front().owner == nullptr)
        drop_front();
    if (entries_.empty()) return std::nullopt;
    return entries_.front().at;
}

std::size_t timer_heap::expire(instant now) noexcept {
    const std::size_t limit = size();
    std::size_t fired = 0;
    while (fired < limit && !entries_.empty() && entries_.front().at <= now) {
        timer* const due = entries_.front().owner;
        if (due != nullptr) {
            entries_.front().owner = nullptr;
            due->slot = timer::npos;
            ++holes_;
        }
        drop_front();
        if (due == nullptr) continue;
        ++fired;
        due->fire(*due);  // may destroy it
    }
    return fired;
}

// A hole at the front goes, and the last entry finds its place from there.
void timer_heap::drop_front() noexcept {
    --holes_;
    const entry last = entries_.back();
    entries_.pop_back();
    if (!entries_.empty()) sift_down(0, last);
}

// Each disarming has paid for one entry looked at here, or a little more.
void timer_heap::drop_holes() noexcept {
    std::erase_if(entries_, [](const entry& e) { return e.owner == nullptr; });
    holes_ = 0;
    for (std::size_t slot = 0; slot < entries_.size(); ++slot)
        entries_[slot].owner->slot = slot;
    if (entries_.size() < 2) return;
    for (std::size_t slot = (entries_.size() - 2) / arity + 1; slot-- > 0;)
        sift_down(slot, entries_[slot]);
}

void timer_heap::place(std::size_t slot, entry e) noexcept {
    entries_[slot] = e;
    if (e.owner != nullptr) e.owner->slot = slot;
}

void timer_heap::sift_up(std::size_t slot, entry e) noexcept {
    while (slot > 0) {
        const std::size_t parent = (slot - 1) / arity;
        if (entries_[parent].at <= e.at) break;
        place(slot, entries_[parent]);
        slot = parent;
    }
    place(slot, e);
}

void timer_heap::sift_down(std::size_t slot, entry e) noexcept {
    for (;;) {
        const std::size_t first = slot * arity + 1;
        if (first >= entries_.size()) break;
        const std::size_t end = std::min(first + arity, entries_.size());
        std::size_t least = first;
        for (std::size_t child = first + 1; child < end; ++child) {
            if (entries_[child].at < entries_[least].at) least = child;
        }
        if (e.at <= entries_[least].at) break;
        place(slot, entries_[least]);
        slot = least;
    }
    place(slot, e);
}

void timer_heap::resettle(std::size_t slot, entry e) noexcept {
    if (slot > 0 && e.at < entries_[(slot - 1) / arity].at) {
        sift_up(slot, e);
    } else {
        sift_down(slot, e);
    }
}

}  // namespace symphony
