#include "store/charge_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace symphony::detail {

namespace {

__extension__ using wide = __int128;

constexpr micros all_equal = micros{1} << 50;

}  // namespace

charge_bucket::exact charge_bucket::length(std::int64_t n) const noexcept {
    const wide product = static_cast<wide>(level.window) * n;
    if (product / level.max >= all_equal) return {all_equal, 0};
    return {static_cast<micros>(product / level.max),
            static_cast<std::int64_t>(product % level.max)};
}

charge_bucket::exact charge_bucket::carry(micros us, std::int64_t parts) const noexcept {
    if (parts >= level.max) return {us + 1, parts - level.max};
    if (parts < 0) return {us - 1, parts + level.max};
    return {us, parts};
}

micros charge_bucket::due(std::int64_t n) const noexcept {
    if (spaced) return full_at();
    const exact cost = length(n);
    const exact all = length(level.most);
    const exact after = carry(tat + cost.us, part + cost.part);
    const exact from = carry(after.us - all.us, after.part - all.part);
    return from.part > 0 ? from.us + 1 : from.us;
}

std::int64_t charge_bucket::free(micros now) const noexcept {
    if (spaced) return full_at() <= now ? 1 : 0;
    if (tat < now) return level.most;
    const exact all = length(level.most);
    const exact left = carry(now + all.us - tat, all.part - part);
    if (left.us < 0) return 0;
    return static_cast<std::int64_t>((static_cast<wide>(left.us) * level.max + left.part) /
                                     level.window);
}

void charge_bucket::charge(std::int64_t n, micros at) noexcept {
    // An evenly spaced admission at the first whole µs after its exact moment counts as made at
    // that moment, or the rounding would add up.
    if ((spaced ? full_at() : tat) < at) {
        tat = at;
        part = 0;
    }
    const exact cost = length(n);
    const exact after = carry(tat + cost.us, part + cost.part);
    tat = after.us;
    part = after.part;
}

void charge_bucket::undo(std::int64_t n) noexcept {
    const exact cost = length(n);
    const exact before = carry(tat - cost.us, part - cost.part);
    tat = before.us;
    part = before.part;
}

void charge_bucket::adopt(const charge_bucket& old, micros now) noexcept {
    if (old.same_rate(level)) {
        tat = old.tat;
        part = old.part;
        return;
    }
    // In doubles, and in this order, as the script has to.
    const auto real = [](std::int64_t n) { return static_cast<double>(n); };
    const double mine = real(level.window) / real(level.max);
    const double theirs = real(old.level.max) / real(old.level.window);
    const double ahead = real(std::max<micros>(old.full_at() - now, 0));
    const double scaled = ahead * mine * theirs;
    auto kept = static_cast<micros>(std::ceil(std::min(scaled, real(all_equal))));
    if (!spaced) {
        const micros reserved = std::max<micros>(old.reserved_until() - now, 0);
        kept = std::min(kept, reserved + length(level.most).us);
    }
    tat = now + kept;
    part = 0;
}

}  // namespace symphony::detail
