#include "policy/rate_state.hpp"

#include <algorithm>
#include <utility>

namespace symphony::detail {

namespace {

constexpr std::uint64_t largest_exact = 100'000;

std::uint64_t most_of(const rate_level& l) noexcept {
    return l.burst > 0 ? l.burst : l.max;
}

}  // namespace

rate_state::rate_state(rate_strategy strategy, const std::vector<rate_level>& levels)
    : strategy_(strategy), count_(static_cast<std::uint8_t>(levels.size())) {
    if (sliding()) {
        windows_ = std::make_unique<windows>();
        for (const rate_level& given : levels)
            add_window(given);
    } else {
        const bool bucketed = strategy == rate_strategy::token_bucket;
        const auto form = bucketed ? gcra::shape::bucket : gcra::shape::spaced;
        buckets_ = std::make_unique<bucket[]>(levels.size());
        for (std::size_t i = 0; i < levels.size(); ++i) {
            const rate_level& given = levels[i];
            buckets_[i].rate = gcra(form, given.max, given.window, most_of(given));
        }
    }
    const auto least = std::ranges::min_element(levels, {}, most_of);
    most_ = static_cast<std::uint32_t>(most_of(*least));
    most_level_ = static_cast<std::uint8_t>(least - levels.begin());
}

void rate_state::add_window(const rate_level& given) {
    window_level added{static_cast<std::uint32_t>(given.max), given.window, nullptr};
    if (given.max > largest_exact) {
        added.slots = std::make_unique<slot_log>(given.window);
    } else {
        windows_->keep = std::max(windows_->keep, added.max);
        windows_->reach = std::max(windows_->reach, given.window);
    }
    windows_->levels.push_back(std::move(added));
}

bool rate_state::same_limits(const rate_state& other) const noexcept {
    if (strategy_ != other.strategy_ || count_ != other.count_ || most_ != other.most_)
        return false;
    for (std::size_t i = 0; i < levels(); ++i) {
        const bool same = max_of(i) == other.max_of(i) && window_of(i) == other.window_of(i) &&
                          (sliding() || buckets_[i].rate.same_rate(other.buckets_[i].rate));
        if (!same) return false;
    }
    return true;
}

// `offset` permits from the next one on; negative: admitted before.
instant rate_state::window_bound(const window_level& l, std::int64_t offset) const noexcept {
    const auto after = [&](const auto& log) {
        const std::int64_t index = log.end() + offset;
        return index < log.begin() ? instant::min() : log.at(index) + l.window;
    };
    return l.slots ? after(*l.slots) : after(windows_->log);
}

rate_state::bound rate_state::earliest(std::uint64_t cost) const noexcept {
    bound latest;
    const auto consider = [&latest](std::size_t i, instant at) {
        if (at > latest.at) latest = {at, static_cast<std::uint8_t>(i)};
    };
    const std::size_t count = levels();
    if (!sliding()) {
        for (std::size_t i = 0; i < count; ++i)
            consider(i, buckets_[i].rate.earliest(cost));
        return latest;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const window_level& l = windows_->levels[i];
        const auto offset = static_cast<std::int64_t>(cost) - 1 - static_cast<std::int64_t>(l.max);
        consider(i, window_bound(l, offset));
    }
    return latest;
}

bool rate_state::note(instant t, std::uint64_t count, instant now) noexcept {
    windows& w = *windows_;
    if (w.keep > 0 && !w.log.push(t, count, w.keep, now - w.reach)) return false;
    for (window_level& l : w.levels) {
        if (!l.slots || l.slots->push(t, count, now - l.window)) continue;
        // The first slot log that has no memory: the others have noted nothing yet that matters,
        // since a level with slots is above every level with a log. Give the log's part back.
        if (w.keep > 0) w.log.erase(w.log.end() - static_cast<std::int64_t>(count), count);
        return false;
    }
    return true;
}

bool rate_state::take(instant now, std::uint64_t cost) noexcept {
    if (sliding()) {
        if (!note(now, cost, now)) return false;
        newest_ = now;
        return true;
    }
    for (bucket& b : buckets()) {
        if (strategy_ == rate_strategy::token_bucket) {
            b.refunds.on_take(newest_, now, b.rate.backlog(now));
        }
        b.rate.take(now, cost);
    }
    newest_ = now;
    return true;
}

void rate_state::refund(instant admitted_at, std::uint64_t cost, instant now) noexcept {
    const bool charged_one_by_one = admitted_at > inherited_;
    for (bucket& b : buckets()) {
        if (!charged_one_by_one || b.rate.full_at() <= now) continue;
        const duration most = b.refunds.limit(newest_, admitted_at);
        b.refunds.on_refund(newest_, admitted_at, b.rate.refund(admitted_at, cost, most));
    }
    if (!sliding()) return;
    if (windows_->keep > 0) {
        permit_log& log = windows_->log;
        // A caller whose clock reading was overtaken finds an older permit in place of its own:
        // then the log rounds against it. Of a moment that was forgotten in part, what is still
        // there may be another's.
        if (log.remembers(admitted_at)) log.erase(log.lower_bound(admitted_at), cost);
    }
    for (window_level& l : windows_->levels) {
        if (l.slots && charged_one_by_one) l.slots->refund(admitted_at, cost);
    }
}

std::uint64_t rate_state::used(std::size_t index, instant now) const noexcept {
    if (!sliding()) return buckets_[index].rate.used(now);
    const window_level& l = windows_->levels[index];
    const instant from = now - l.window + duration(1);
    const auto count = [from](const auto& log) {
        return static_cast<std::uint64_t>(log.end() - log.lower_bound(from));
    };
    return std::min<std::uint64_t>(l.max, l.slots ? count(*l.slots) : count(windows_->log));
}

rate_limiter::level_view rate_state::look(std::size_t index, instant now) const noexcept {
    rate_limiter::level_view seen{max_of(index), window_of(index), 0, duration::zero()};
    instant full = instant::min();
    if (!sliding()) {
        seen.remaining = buckets_[index].rate.remaining(now);
        full = buckets_[index].rate.full_at();
    } else {
        seen.remaining = seen.max - used(index, now);
        full = window_bound(windows_->levels[index], -1);
    }
    if (full > now) seen.reset = full - now;
    return seen;
}

void rate_state::trim(instant now) noexcept {
    if (!sliding()) return;
    permit_log& log = windows_->log;
    if (log.begin() == log.end() || log.at(log.end() - 1) + windows_->reach <= now) log.clear();
    for (window_level& l : windows_->levels) {
        if (l.slots && window_bound(l, -1) <= now) l.slots->clear();
    }
}

void rate_state::inherit(rate_state&& old, instant now) {
    newest_ = inherited_ = now;
    if (!sliding()) {
        for (std::size_t i = 0; i < levels(); ++i) {
            const std::uint64_t most = buckets_[i].rate.most();
            const std::uint64_t permits = std::min(used_like(old, i, now), most);
            if (permits > 0) buckets_[i].rate.charge(now, permits);
        }
    } else if (!inherit_log(old, now)) {
        seed_windows(old, now);
    }
}

std::uint64_t rate_state::used_like(const rate_state& old, std::size_t index,
                                    instant now) const noexcept {
    std::size_t from = 0;
    while (from < old.levels() && old.window_of(from) != window_of(index))
        ++from;
    if (from == old.levels()) from = std::min(index, old.levels() - 1);
    return old.used(from, now);
}

// Between sliding windows the history itself is taken over, if it says enough about each level.
bool rate_state::inherit_log(rate_state& old, instant now) {
    if (!old.sliding()) return false;
    auto& before = old.windows_->levels;
    auto& levels = windows_->levels;
    const bool logged =
        std::ranges::none_of(before, [](const window_level& l) { return !!l.slots; });
    std::vector<std::unique_ptr<slot_log>*> moved;
    for (window_level& l : levels) {
        const auto same = std::ranges::find_if(before, [&](const window_level& o) {
            return o.window == l.window && !!o.slots == !!l.slots;
        });
        if (!logged && same == before.end()) return false;
        moved.push_back(logged || !l.slots ? nullptr : &same->slots);
    }
    permit_log& log = old.windows_->log;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        window_level& l = levels[i];
        if (moved[i] != nullptr && *moved[i]) l.slots = std::move(*moved[i]);
        if (!logged || !l.slots) continue;
        for (auto at = log.begin(); at < log.end(); ++at) {
            if (!l.slots->push(log.at(at), 1, now - l.window)) break;
        }
    }
    if (windows_->keep == 0) return true;
    // All of it, also where it holds more than the new limits allow: what is given back of it frees
    // nothing while enough of the others is used.
    std::swap(windows_->log, log);
    windows_->log.shrink(now - windows_->reach);
    return true;
}

// Invents the mildest history that leaves each level with what it has used: the shortest window's
// permits are dated now, and what a longer one has used beyond them just outside the shorter.
void rate_state::seed_windows(const rate_state& old, instant now) {
    std::vector<std::pair<duration, std::uint64_t>> charges;
    for (std::size_t i = 0; i < levels(); ++i) {
        charges.emplace_back(window_of(i), used_like(old, i, now));
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
        if (charges[i].second > 0 && !note(at, charges[i].second, now)) break;
    }
    windows_->log.forget_owners(now);
}

std::size_t rate_state::memory() const noexcept {
    if (!sliding()) return sizeof(*this) + buckets().size_bytes();
    std::size_t bytes = sizeof(*this) + sizeof(*windows_) + windows_->levels.heap_bytes() +
                        windows_->log.heap_bytes();
    for (const window_level& l : windows_->levels) {
        if (l.slots) bytes += sizeof(slot_log) + l.slots->memory();
    }
    return bytes;
}

}  // namespace symphony::detail
