// Other limits than the state was made for, as rate_window.lua and rate_bucket.lua take them over.
#include "store/memory_budget.hpp"

#include <algorithm>
#include <utility>

namespace symphony::detail {

namespace {

// Of the same window, or else of the same place.
template <class Blocks, class Window>
auto liken(const Blocks& blocks, std::size_t place, micros window, Window window_of) {
    if (blocks.empty()) return blocks.end();
    auto found = blocks.begin() + static_cast<std::ptrdiff_t>(std::min(place, blocks.size() - 1));
    for (auto i = blocks.begin(); i != blocks.end(); ++i) {
        if (window_of(*i) == window) found = i;
    }
    return found;
}

micros window_of_slots(const charge_slots& s) noexcept {
    return s.window;
}

micros window_of_bucket(const charge_bucket& b) noexcept {
    return b.level.window;
}

}  // namespace

bool memory_budget::windows_fit() const noexcept {
    std::size_t blocks = 0;
    for (const level& l : levels_) {
        if (l.slots < 0) continue;
        if (blocks >= slots_.size() || slots_[blocks].window != l.limit.window) return false;
        ++blocks;
    }
    return blocks == slots_.size();
}

std::int64_t memory_budget::used_before(const budget_level& l, std::size_t i,
                                        bool windows) const noexcept {
    if (windows) {
        const auto b = liken(slots_, i, l.window, window_of_slots);
        const bool same = b != slots_.end() && b->window == l.window;
        if (log_.cap > 0 && !same) return std::min(log_.used(now_, l.window), l.max);
        return b == slots_.end() ? 0 : std::min(b->used(), l.max);
    }
    const auto b = liken(buckets_, i, l.window, window_of_bucket);
    if (b == buckets_.end() || b->tat <= now_) return 0;
    const double share =
        static_cast<double>(b->tat - now_ + 1) / static_cast<double>(b->level.window);
    const double permits = share * static_cast<double>(b->level.max);
    return permits >= static_cast<double>(l.max) ? l.max : static_cast<std::int64_t>(permits) + 1;
}

void memory_budget::adopt_windows(rate_strategy old) {
    const bool windows = old == rate_strategy::sliding_window;
    micros latest = windows ? log_.newest : now_;
    for (const charge_slots& s : slots_)
        latest = std::max(latest, s.last);
    for (const charge_bucket& b : buckets_)
        latest = std::max(latest, b.reserved_until());
    std::int64_t owed = 0;
    std::vector<charge_slots> seeded;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        const budget_level& l = levels_[i].limit;
        const std::int64_t n = used_before(l, i, windows);
        if (levels_[i].slots < 0) {
            owed = std::max(owed, n);
        } else {
            charge_slots& s = seeded.emplace_back();
            s.window = l.window;
            s.total = n;
            s.last = n > 0 ? charge_slots::slot_end(l.window, latest) : 0;
        }
    }
    if (!windows || log_.cap == 0) {
        log_ = {};
        log_.owed = owed;
        log_.gone = log_.newest = owed > 0 ? latest : 0;
    }
    slots_ = std::move(seeded);
    buckets_.clear();
    if (std::exchange(stored_, false)) ++serial_;
    top_ = 0;
}

// Of windows all is taken as used that may be, at the latest charge.
charge_bucket memory_budget::like_windows(const budget_level& l) const noexcept {
    charge_bucket fresh{l};
    std::int64_t n = log_.newest > now_ - l.window ? log_.count() + log_.owed : 0;
    micros latest = log_.newest;
    for (const charge_slots& s : slots_) {
        if (s.last <= now_ - s.window) continue;
        n = std::max(n, s.used());
        latest = std::max(latest, s.last);
    }
    if (n == 0) return fresh;
    const auto worth = fresh.length(std::min(n, l.most));
    fresh.tat = latest + worth.us;
    fresh.part = worth.part;
    return fresh;
}

void memory_budget::adopt_buckets(rate_strategy old) {
    const bool fit =
        old == strategy_ && std::ranges::equal(buckets_, levels_, {}, &charge_bucket::level,
                                               [](const level& l) { return l.limit; });
    if (fit) return;
    std::vector<charge_bucket> fresh;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        const budget_level& l = levels_[i].limit;
        charge_bucket b{l};
        if (old == rate_strategy::sliding_window) b = like_windows(l);
        b.spaced = strategy_ == rate_strategy::leaky_bucket;
        const auto like = liken(buckets_, i, l.window, window_of_bucket);
        if (like != buckets_.end()) b.adopt(*like, now_);
        fresh.push_back(b);
    }
    buckets_ = std::move(fresh);
    slots_.clear();
    log_ = {};
    if (std::exchange(stored_, false)) ++serial_;
    top_ = 0;
}

}  // namespace symphony::detail
