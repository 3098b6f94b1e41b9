#include "symphony/core/timer_heap.hpp"

#include <algorithm>

namespace symphony {

timer_heap::~timer_heap() {
    for (const entry& e : entries_)
        e.owner->slot = timer::npos;
}

bool timer_heap::arm(timer& t, instant at) {
    const std::optional<instant> before = next();
    if (t.armed()) {
        t.at = at;
        resettle(t.slot, entry{at, &t});
    } else {
        entries_.push_back(entry{at, &t});
        t.at = at;
        sift_up(entries_.size() - 1, entry{at, &t});
    }
    return before != next();
}

void timer_heap::disarm(timer& t) noexcept {
    if (!t.armed()) return;
    const std::size_t slot = t.slot;
    const entry last = entries_.back();
    entries_.pop_back();
    t.slot = timer::npos;
    if (last.owner != &t) resettle(slot, last);
}

std::optional<instant> timer_heap::next() const noexcept {
    if (entries_.empty()) return std::nullopt;
    return entries_.front().at;
}

std::size_t timer_heap::expire(instant now) noexcept {
    const std::size_t limit = entries_.size();
    std::size_t fired = 0;
    while (fired < limit && !entries_.empty() && entries_.front().at <= now) {
        timer& due = *entries_.front().owner;
        disarm(due);
        ++fired;
        due.fire(due);  // may destroy it
    }
    return fired;
}

void timer_heap::place(std::size_t slot, entry e) noexcept {
    entries_[slot] = e;
    e.owner->slot = slot;
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
