#include "policy/permit_log.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace symphony::detail {

permit_log::index permit_log::lower_bound(instant t) const noexcept {
    index low = begin_;
    index high = end_;
    while (low < high) {
        const index middle = low + (high - low) / 2;
        if (at(middle) < t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool permit_log::push(instant t, std::uint64_t count, std::uint64_t keep,
                      instant expired) noexcept {
    const auto free = capacity_ - static_cast<std::size_t>(end_ - begin_);
    if (count > free && !make_room(count, keep, expired)) return false;
    for (std::uint64_t i = 0; i < count; ++i)
        ring()[slot(end_++)] = t;
    return true;
}

bool permit_log::make_room(std::uint64_t count, std::uint64_t keep, instant expired) noexcept {
    forget(end_ + static_cast<index>(count) - static_cast<index>(keep), expired);
    const std::size_t wanted = static_cast<std::size_t>(end_ - begin_) + count;
    return wanted <= capacity_ || reallocate(std::bit_ceil(wanted));
}

void permit_log::forget(index needed_from, instant expired) noexcept {
    const index before = begin_;
    begin_ = std::clamp(needed_from, begin_, end_);
    while (begin_ < end_ && at(begin_) <= expired)
        ++begin_;
    if (begin_ > before) forget_owners(at(begin_ - 1));
}

// To no fewer than are there.
bool permit_log::reallocate(std::size_t capacity) noexcept {
    std::unique_ptr<instant[]> moved;
    if (capacity > few) {
        moved.reset(new (std::nothrow) instant[capacity]);
        if (!moved) return false;
    }
    instant* const to = moved ? moved.get() : few_.data();
    for (index i = begin_; i < end_; ++i)
        to[static_cast<std::size_t>(i) & (capacity - 1)] = at(i);
    ring_ = std::move(moved);
    capacity_ = capacity;
    return true;
}

void permit_log::shrink(instant expired) noexcept {
    forget(begin_, expired);
    const std::size_t enough =
        std::max(few, std::bit_ceil(static_cast<std::size_t>(end_ - begin_)));
    // Without memory for less it keeps what it has.
    if (enough < capacity_) (void)reallocate(enough);
}

void permit_log::erase(index first, std::uint64_t count) noexcept {
    const auto gone = std::min(static_cast<index>(count), end_ - first);
    for (index i = first; i + gone < end_; ++i)
        ring()[slot(i)] = at(i + gone);
    end_ -= gone;
}

void permit_log::clear() noexcept {
    if (begin_ < end_) forget_owners(at(end_ - 1));
    ring_.reset();
    capacity_ = few;
    begin_ = end_;
}

}  // namespace symphony::detail
