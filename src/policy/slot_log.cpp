#include "policy/slot_log.hpp"

#include <algorithm>
#include <new>

namespace symphony::detail {

// Slots are ordered in every field, so what holds from one slot on is found by halving.
template <class Predicate>
std::uint64_t slot_log::first_where(Predicate holds) const noexcept {
    std::uint64_t low = first_;
    std::uint64_t high = last_;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (holds(ring(middle))) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

instant slot_log::at(index i) const noexcept {
    return ring(first_where([i](const slot& s) { return s.total > i; })).end;
}

slot_log::index slot_log::lower_bound(instant t) const noexcept {
    const std::uint64_t found = first_where([t](const slot& s) { return s.end >= t; });
    if (found == last_) return end_;
    return found == first_ ? begin_ : ring(found - 1).total;
}

instant slot_log::round_up(instant t) const noexcept {
    const std::int64_t ns = t.time_since_epoch().count();
    const std::int64_t length = slot_.count();
    std::int64_t number = ns / length;
    if (ns % length < 0) --number;
    return instant(duration((number + 1) * length));
}

bool slot_log::push(instant t, std::uint64_t count, instant expired) noexcept {
    if (!slots_) {
        slots_.reset(new (std::nothrow) slot[capacity]);
        if (!slots_) return false;
    }
    const instant end = round_up(t);
    end_ += static_cast<index>(count);
    if (first_ != last_ && ring(last_ - 1).end >= end) {
        ring(last_ - 1).total = end_;
        return true;
    }
    forget(expired);
    ring(last_++) = slot{end, end_};
    return true;
}

void slot_log::forget(instant expired) noexcept {
    while (first_ != last_ && (ring(first_).end <= expired || last_ - first_ == capacity)) {
        begin_ = ring(first_++).total;
    }
}

void slot_log::refund(instant t, std::uint64_t count) noexcept {
    const instant end = round_up(t);
    const std::uint64_t found = first_where([end](const slot& s) { return s.end >= end; });
    if (found == last_) return;
    // A later first slot: this one may have been forgotten already.
    if (found == first_ && ring(found).end != end) return;
    const index before = found == first_ ? begin_ : ring(found - 1).total;
    const index gone = std::min(static_cast<index>(count), ring(found).total - before);
    for (std::uint64_t i = found; i != last_; ++i)
        ring(i).total -= gone;
    end_ -= gone;
}

void slot_log::clear() noexcept {
    slots_.reset();
    first_ = last_ = 0;
    begin_ = end_;
}

}  // namespace symphony::detail
