#include "store/charge_log.hpp"

#include <algorithm>

namespace symphony::detail {

micros charge_log::nth(std::int64_t j) const noexcept {
    if (j > count()) return j <= count() + owed ? gone : 0;
    return charges[static_cast<std::size_t>(count() - j)];
}

std::int64_t charge_log::newer(micros t) const noexcept {
    return charges.end() - std::ranges::upper_bound(charges, t);
}

std::int64_t charge_log::used(micros now, micros window) const noexcept {
    const std::int64_t n = newer(now - window);
    return n == count() && gone > now - window ? n + owed : n;
}

void charge_log::make_room(std::int64_t n, micros now) {
    const micros expired = now - longest;
    const auto keep = [this](std::int64_t left) {
        charges.erase(charges.begin(), charges.end() - left);
    };
    if (count() > 0 && charges.front() <= expired) keep(newer(expired));
    if (gone <= expired) owed = 0;
    const std::int64_t most = cap + (count() + n > cap + usual_spare ? spare : usual_spare);
    if (count() + n > alloc && alloc < most) {
        alloc = std::min(most, std::max({std::int64_t{16}, 2 * alloc, count() + n}));
    }
    const std::int64_t lost = count() + n - alloc;
    if (lost <= 0) return;
    gone = nth(count() - lost + 1);
    owed += lost;
    keep(count() - lost);
}

void charge_log::charge(std::int64_t n, micros at, micros now) {
    if (count() + n > alloc) make_room(n, now);
    newest = std::max(newest, at);
    charges.insert(charges.end(), static_cast<std::size_t>(n), newest);
}

void charge_log::undo(std::int64_t n) noexcept {
    const std::int64_t known = std::min(n, count());
    owed = std::max<std::int64_t>(owed - (n - known), 0);
    charges.erase(charges.end() - known, charges.end());
    newest = nth(1);
}

void charge_log::reach(const budget_level& level, bool known) noexcept {
    if (level.max <= cap && level.window <= longest) return;
    if (known) owed = 0;
    cap = std::max(cap, level.max);
    longest = std::max(longest, level.window);
}

}  // namespace symphony::detail
