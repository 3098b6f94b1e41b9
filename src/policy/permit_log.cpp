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
    const index needed_from = end_ + static_cast<index>(count) - static_cast<index>(keep);
    const index before = begin_;
    begin_ = std::clamp(needed_from, begin_, end_);
    while (begin_ < end_ && at(begin_) <= expired)
        ++begin_;
    if (begin_ > before) forgotten_ = at(begin_ - 1);

    const auto live = static_cast<std::size_t>(end_ - begin_);
    const std::size_t wanted = live + static_cast<std::size_t>(count);
    if (wanted <= capacity_) return true;
    const std::size_t grown = std::bit_ceil(wanted);
    std::unique_ptr<instant[]> larger(new (std::nothrow) instant[grown]);
    if (!larger) return false;
    for (index i = begin_; i < end_; ++i) {
        larger[static_cast<std::size_t>(i) & (grown - 1)] = at(i);
    }
    ring_ = std::move(larger);
    capacity_ = grown;
    return true;
}

void permit_log::erase(index first, std::uint64_t count) noexcept {
    const auto gone = std::min(static_cast<index>(count), end_ - first);
    for (index i = first; i + gone < end_; ++i)
        ring()[slot(i)] = at(i + gone);
    end_ -= gone;
}

void permit_log::clear() noexcept {
    if (begin_ < end_) forgotten_ = at(end_ - 1);
    ring_.reset();
    capacity_ = few;
    begin_ = end_;
}

}  // namespace symphony::detail
