#include "policy/rate_state.hpp"

#include <algorithm>
#include <utility>

namespace symphony::detail {

namespace {

constexpr std::uint64_t largest_exact = 100'000;

}  // namespace

rate_state::rate_state(rate_strategy strategy, const std::vector<rate_level>& levels)
    : strategy_(strategy) {
    if (!sliding()) buckets_ = std::make_unique<bucket[]>(levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const rate_level& given = levels[i];
        level l{static_cast<std::uint32_t>(given.max), static_cast<std::uint32_t>(given.burst),
                given.window, nullptr};
        if (sliding()) {
            if (given.max > largest_exact) {
                l.slots = std::make_unique<slot_log>(given.window);
            } else {
                keep_ = std::max(keep_, static_cast<std::uint32_t>(given.max));
                log_window_ = std::max(log_window_, given.window);
            }
        } else {
            const bool bucketed = strategy == rate_strategy::token_bucket;
            const auto form = bucketed ? gcra::shape::bucket : gcra::shape::spaced;
            buckets_[i].rate = gcra(form, given.max, given.window, l.most());
        }
        levels_.push_back(std::move(l));
    }
    const auto least = std::ranges::min_element(levels_, {}, &level::most);
    most_ = static_cast<std::uint32_t>(least->most());
    most_level_ = static_cast<std::uint8_t>(least - levels_.begin());
}

std::vector<rate_level> rate_state::configured() const {
    std::vector<rate_level> given;
    given.reserve(levels_.size());
    for (const level& l : levels_)
        given.push_back({l.max, l.window, l.burst});
    return given;
}

// `offset` permits from the next one on; negative: admitted before.
instant rate_state::window_bound(const level& l, std::int64_t offset) const noexcept {
    const auto after = [&](const auto& log) {
        const std::int64_t index = log.end() + offset;
        return index < log.begin() ? instant::min() : log.at(index) + l.window;
    };
    return l.slots ? after(*l.slots) : after(log_);
}

rate_state::bound rate_state::earliest(std::uint64_t cost) const noexcept {
    bound latest;
    const std::size_t count = levels_.size();
    for (std::size_t i = 0; i < count; ++i) {
        const level& l = levels_[i];
        const auto offset = static_cast<std::int64_t>(cost) - 1 - static_cast<std::int64_t>(l.max);
        const instant at = sliding() ? window_bound(l, offset) : buckets_[i].rate.earliest(cost);
        if (at > latest.at) latest = {at, static_cast<std::uint8_t>(i)};
    }
    return latest;
}

bool rate_state::note(instant t, std::uint64_t count, instant now) noexcept {
    if (keep_ > 0 && !log_.push(t, count, keep_, now - log_window_)) return false;
    for (level& l : levels_) {
        if (!l.slots || l.slots->push(t, count, now - l.window)) continue;
        // The first slot log that has no memory: the others have noted nothing yet that matters,
        // since a level with slots is above every level with a log. Give the log's part back.
        if (keep_ > 0) log_.erase(log_.end() - static_cast<std::int64_t>(count), count);
        return false;
    }
    return true;
}

bool rate_state::take(instant now, std::uint64_t cost) noexcept {
    if (sliding()) return note(now, cost, now);
    for (bucket& b : buckets()) {
        if (strategy_ == rate_strategy::token_bucket) {
            b.refunds.on_take(now, b.rate.backlog(now));
        }
        b.rate.take(now, cost);
    }
    return true;
}

void rate_state::refund(instant admitted_at, std::uint64_t cost, instant now) noexcept {
    for (bucket& b : buckets()) {
        if (b.rate.full_at() <= now) continue;
        const duration given = b.rate.refund(admitted_at, cost, b.refunds.limit(admitted_at));
        b.refunds.on_refund(admitted_at, given);
    }
    if (keep_ > 0) {
        const auto found = log_.lower_bound(admitted_at);
        // A caller whose clock reading was overtaken finds an older permit in place of its own:
        // then the log rounds against it.
        const bool known =
            found < log_.end() && (log_.remembers(admitted_at) || log_.at(found) == admitted_at);
        if (known) log_.erase(found, cost);
    }
    for (level& l : levels_) {
        if (l.slots) l.slots->refund(admitted_at, cost);
    }
}

std::uint64_t rate_state::used(std::size_t index, instant now) const noexcept {
    const level& l = levels_[index];
    if (!sliding()) return buckets_[index].rate.used(now);
    const instant from = now - l.window + duration(1);
    const auto count = [from](const auto& log) {
        return static_cast<std::uint64_t>(log.end() - log.lower_bound(from));
    };
    return std::min<std::uint64_t>(l.max, l.slots ? count(*l.slots) : count(log_));
}

rate_limiter::level_view rate_state::look(std::size_t index, instant now) const noexcept {
    const level& l = levels_[index];
    rate_limiter::level_view seen{l.max, l.window, 0, duration::zero()};
    instant full = instant::min();
    if (!sliding()) {
        seen.remaining = buckets_[index].rate.remaining(now);
        full = buckets_[index].rate.full_at();
    } else {
        seen.remaining = l.max - used(index, now);
        full = window_bound(l, -1);
    }
    if (full > now) seen.reset = full - now;
    return seen;
}

void rate_state::trim(instant now) noexcept {
    if (log_.begin() == log_.end() || log_.at(log_.end() - 1) + log_window_ <= now) log_.clear();
    for (level& l : levels_) {
        if (l.slots && window_bound(l, -1) <= now) l.slots->clear();
    }
}

void rate_state::inherit(rate_state&& old, instant now) {
    if (!sliding()) {
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            const std::uint64_t permits = std::min(used_like(old, i, now), levels_[i].most());
            if (permits > 0) buckets_[i].rate.charge(now, permits);
        }
    } else if (!inherit_log(old, now)) {
        seed_windows(old, now);
    }
}

std::uint64_t rate_state::used_like(const rate_state& old, std::size_t index,
                                    instant now) const noexcept {
    const auto same = std::ranges::find(old.levels_, levels_[index].window, &level::window);
    std::size_t from = static_cast<std::size_t>(same - old.levels_.begin());
    if (same == old.levels_.end()) from = std::min(index, old.levels_.size() - 1);
    return old.used(from, now);
}

// Between sliding windows the history itself is taken over, if it says enough about each level.
bool rate_state::inherit_log(rate_state& old, instant now) {
    if (!old.sliding()) return false;
    const bool logged = std::ranges::none_of(old.levels_, [](const level& l) { return !!l.slots; });
    std::vector<std::unique_ptr<slot_log>*> moved;
    for (level& l : levels_) {
        const auto same = std::ranges::find_if(old.levels_, [&](const level& o) {
            return o.window == l.window && !!o.slots == !!l.slots;
        });
        if (!logged && same == old.levels_.end()) return false;
        moved.push_back(logged || !l.slots ? nullptr : &same->slots);
    }
    for (auto i = old.log_.begin(); i < old.log_.end(); ++i) {
        if (!note(old.log_.at(i), 1, now)) break;
    }
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        if (moved[i] != nullptr && *moved[i]) levels_[i].slots = std::move(*moved[i]);
    }
    return true;
}

// Invents the mildest history that leaves each level with what it has used: the shortest window's
// permits are dated now, and what a longer one has used beyond them just outside the shorter.
void rate_state::seed_windows(const rate_state& old, instant now) {
    std::vector<std::pair<duration, std::uint64_t>> charges;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        charges.emplace_back(levels_[i].window, used_like(old, i, now));
    }
    std::ranges::sort(charges);
    std::uint64_t inside = 0;
    for (auto& [window, permits] : charges) {
        permits -= std::min(permits, inside);
        inside += permits;
    }
    for (std::size_t i = charges.size(); i-- > 0;) {
        const auto shorter = std::ranges::lower_bound(charges, charges[i].first, {},
                                                      &std::pair<duration, std::uint64_t>::first);
        const instant at = shorter == charges.begin() ? now : now - (shorter - 1)->first;
        if (charges[i].second > 0 && !note(at, charges[i].second, now)) return;
    }
}

std::size_t rate_state::memory() const noexcept {
    std::size_t bytes =
        sizeof(*this) + levels_.heap_bytes() + buckets().size_bytes() + log_.heap_bytes();
    for (const level& l : levels_) {
        if (l.slots) bytes += sizeof(slot_log) + l.slots->memory();
    }
    return bytes;
}

}  // namespace symphony::detail
