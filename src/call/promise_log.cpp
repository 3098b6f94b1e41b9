#include "call/promise_log.hpp"

#include <algorithm>
#include <limits>
#include <ranges>

namespace symphony {

namespace {

__extension__ using wide = unsigned __int128;

constexpr std::size_t most_entries = 1024;

}  // namespace

duration promise_log::level::worth(std::uint64_t permits) const noexcept {
    const wide product =
        static_cast<wide>(permits) * static_cast<std::uint64_t>(limit.window.count());
    const wide ns = (product + limit.max - 1) / limit.max;
    constexpr auto most = static_cast<wide>(std::numeric_limits<std::int64_t>::max());
    return duration(static_cast<std::int64_t>(std::min(ns, most)));
}

void promise_log::reconfigure(const rate_limit_options& limit) {
    strategy_ = limit.strategy;
    levels_.clear();
    refused_until_ = instant::min();  // under other limits
    longest_ = duration::zero();
    for (const rate_level& one : limit.levels()) {
        levels_.push_back({one});
        longest_ = std::max(longest_, one.window);
    }
    if (strategy_ == rate_strategy::sliding_window) return;
    for (const entry& one : entries_) {
        rate_grant grant;
        grant.permits = one.permits;
        fill(one.at, one.charged, grant);
    }
}

void promise_log::note(instant now, const rate_grant& grant, instant at, instant charged) {
    if (!entries_.empty()) {  // the store keeps both in order
        at = std::max(at, entries_.back().at);
        charged = std::max(charged, entries_.back().charged);
    }
    while (!entries_.empty() && (entries_.size() >= most_entries ||
                                 difference(now, entries_.front().charged) >= longest_))
        entries_.pop_front();
    const bool waited = grant.what == rate_grant::verdict::reserved;
    entries_.push_back({grant.ticket, at, charged, grant.permits, grant.level, waited});
    if (strategy_ != rate_strategy::sliding_window) fill(at, charged, grant);
}

// The generic cell rate algorithm, as in the store.
void promise_log::fill(instant at, instant charged, const rate_grant& grant) noexcept {
    const bool even = strategy_ == rate_strategy::leaky_bucket;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        level& of = levels_[i];
        const duration cost = of.worth(grant.permits);
        // The level that makes a claim wait has at its moment just what the claim takes, whoever
        // took the rest.
        if (grant.what == rate_grant::verdict::reserved && grant.level == i) {
            of.refilled = even ? at : later(at, std::max(of.worth(of.most()) - cost, duration()));
        }
        of.refilled = later(std::max(of.refilled, charged), cost);
    }
}

void promise_log::note_refusal(instant until, std::uint32_t cost) noexcept {
    refused_until_ = until;
    refused_cost_ = cost;
}

void promise_log::take_back(std::uint64_t ticket, std::uint32_t permits) {
    if (entries_.empty() || entries_.back().ticket != ticket) return;
    entry& newest = entries_.back();
    permits = std::min(permits, newest.permits);
    newest.permits -= permits;
    newest.ticket -= permits;
    for (level& of : levels_) {
        if (of.refilled != instant::min()) of.refilled = later(of.refilled, -of.worth(permits));
    }
    if (newest.permits == 0) entries_.pop_back();
}

void promise_log::clear() noexcept {
    entries_.clear();
    refused_until_ = instant::min();
    for (level& of : levels_)
        of.refilled = instant::min();
}

instant promise_log::next(instant now, std::uint32_t cost) const noexcept {
    instant at = now;
    // A dearer claim may have been refused where this one would not.
    if (cost >= refused_cost_) at = std::max(at, refused_until_);
    if (entries_.empty()) return at;
    at = std::max(at, entries_.back().at);  // nobody passes an earlier promise
    for (const level& of : levels_) {
        at = std::max(at, strategy_ == rate_strategy::sliding_window ? next_in_window(of, cost)
                                                                     : next_of_bucket(of, cost));
    }
    return at;
}

instant promise_log::next_in_window(const level& of, std::uint32_t cost) const noexcept {
    if (cost > of.limit.max) return instant::min();
    const std::uint64_t back = of.limit.max - cost + 1;
    std::uint64_t seen = 0;
    for (const entry& one : std::views::reverse(entries_)) {
        seen += one.permits;
        if (seen >= back) return later(one.charged, of.limit.window);
    }
    // Others used the rest, and when is not known: as a rule the level's permits come back evenly.
    const entry& newest = entries_.back();
    const bool binding =
        newest.waited && newest.level < levels_.size() && levels_[newest.level].limit == of.limit;
    return binding ? later(newest.charged, of.worth(cost)) : instant::min();
}

instant promise_log::next_of_bucket(const level& of, std::uint32_t cost) const noexcept {
    if (of.refilled == instant::min()) return of.refilled;
    if (strategy_ == rate_strategy::leaky_bucket) return of.refilled;
    return later(of.refilled, of.worth(cost) - of.worth(of.most()));
}

}  // namespace symphony
