#include "store/charge_slots.hpp"

#include <algorithm>

namespace symphony::detail {

namespace {

constexpr std::size_t most_slots = 1024;

}  // namespace

void charge_slots::forget(micros now) noexcept {
    while (!finished.empty()) {
        if (finished.front().end > now - window) return;
        base = finished.front().total;
        finished.pop_front();
    }
    if (last <= now - window) base = total;
}

micros charge_slots::nth(std::int64_t j) const noexcept {
    const std::int64_t number = total - j;
    if (number < base) return 0;
    const auto found = std::ranges::upper_bound(finished, number, {}, &slot::total);
    return found == finished.end() ? last : found->end;
}

void charge_slots::charge(std::int64_t n, micros at) {
    const micros end = slot_end(window, at);
    if (end > last) {
        if (total > base) {
            // No slot left: the oldest one's permits count with the next one's.
            if (finished.size() == most_slots) finished.pop_front();
            finished.push_back({last, total});
        }
        last = end;
    }
    total += n;
}

void charge_slots::undo(std::int64_t n) noexcept {
    total = std::max(total - n, base);
    while (!finished.empty() && finished.back().total >= total) {
        last = finished.back().end;
        finished.pop_back();
    }
    if (total == base) last = 0;
}

}  // namespace symphony::detail
