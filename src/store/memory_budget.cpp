#include "store/memory_budget.hpp"

#include <algorithm>
#include <utility>

namespace symphony::detail {

namespace {

constexpr std::int64_t last_number = std::int64_t{1} << 52;

}  // namespace

bool memory_budget::as_before(rate_strategy strategy, const std::vector<budget_level>& levels,
                              micros real) const noexcept {
    return stored_ && slots_.empty() && strategy == strategy_ && real + offset_ >= seen_ &&
           std::ranges::equal(levels, levels_, {}, {}, &level::limit);
}

void memory_budget::begin(rate_strategy strategy, const std::vector<budget_level>& levels,
                          micros real) {
    if (seen_ == 0) serial_ = real;
    real_ = real;
    now_ = std::max(real + offset_, seen_);
    went_back_ = now_ > real + offset_;
    offset_ = now_ - real;
    levels_.clear();
    for (const budget_level& l : levels)
        levels_.push_back({l});
    const rate_strategy old = std::exchange(strategy_, strategy);
    if (!sliding()) {
        adopt_buckets(old);
        return;
    }
    for (charge_slots& s : slots_)
        s.forget(now_);
    int next = 0;
    for (level& l : levels_) {
        if (l.limit.max > largest_logged) l.slots = next++;
    }
    if (old != strategy || !windows_fit()) adopt_windows(old);
    const bool known = log_.cap > 0;
    for (const level& l : levels_) {
        if (l.slots < 0) log_.reach(l.limit, known);
    }
}

micros memory_budget::due(std::size_t i, std::int64_t n) const noexcept {
    if (!sliding()) return buckets_[i].due(n);
    const level& l = levels_[i];
    const std::int64_t j = l.limit.max - n + 1;
    const micros t = l.slots < 0 ? log_.nth(j) : slots_[static_cast<std::size_t>(l.slots)].nth(j);
    return t > 0 ? t + l.limit.window : 0;
}

std::int64_t memory_budget::free(std::size_t i) const noexcept {
    if (!sliding()) return buckets_[i].free(now_);
    const level& l = levels_[i];
    const std::int64_t used = l.slots < 0 ? log_.used(now_, l.limit.window)
                                          : slots_[static_cast<std::size_t>(l.slots)].used();
    return std::max<std::int64_t>(l.limit.max - used, 0);
}

micros memory_budget::full(std::size_t i) const noexcept {
    if (!sliding()) return buckets_[i].full_at();
    const level& l = levels_[i];
    if (l.slots < 0) return log_.newest > 0 ? log_.newest + l.limit.window : 0;
    const charge_slots& s = slots_[static_cast<std::size_t>(l.slots)];
    return s.used() > 0 ? s.last + l.limit.window : 0;
}

void memory_budget::store() noexcept {
    micros all = log_.newest > 0 ? log_.newest + log_.longest : 0;
    for (std::size_t i = 0; i < levels_.size(); ++i)
        all = std::max(all, full(i));
    expires_ = std::max(all, paused_) - offset_;
    seen_ = now_;
    stored_ = true;
    wrote_ = true;
}

void memory_budget::charge(std::int64_t n, micros at) {
    if (!stored_) log_.alloc = log_.cap > 0 ? std::max<std::int64_t>(log_.alloc, 16) : 0;
    stored_ = true;
    if (log_.cap > 0) log_.charge(std::min(n, log_.cap), at, now_);
    for (charge_slots& s : slots_)
        s.charge(n, at);
    for (charge_bucket& b : buckets_)
        b.charge(n, at);
}

// Permits are numbered for good: a number that went back names nothing any more.
void memory_budget::number(answer& made) noexcept {
    if (serial_ > last_number) {
        serial_ = real_;
        top_ = 0;
    }
    made.below = top_;
    serial_ += made.permits;
    made.ticket = top_ = serial_;
}

std::int64_t memory_budget::as_many(const question& asked, std::int64_t most) const noexcept {
    if (asked.want <= asked.cost || strategy_ == rate_strategy::leaky_bucket) return asked.cost;
    std::int64_t n = std::min(asked.want, most);
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        if (n > asked.cost && due(i, n) > now_) n = std::max(std::min(n, free(i)), asked.cost);
    }
    return n;
}

memory_budget::answer memory_budget::claim(const question& asked) {
    using verdict = rate_grant::verdict;
    std::size_t least = 0;
    std::int64_t level = 0;
    micros latest = 0;
    for (std::size_t i = 1; i < levels_.size(); ++i) {
        if (levels_[i].limit.most < levels_[least].limit.most) least = i;
    }
    const std::int64_t most = levels_[least].limit.most;
    const micros paused = std::max<micros>(paused_ - now_, 0);
    if (asked.cost > most) {
        return {verdict::never, static_cast<std::int64_t>(least), 0, 0, 0, paused};
    }
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        const micros t = due(i, std::max<std::int64_t>(asked.cost, 1));
        if (t > latest) {
            latest = t;
            level = static_cast<std::int64_t>(i);
        }
    }
    const micros start = std::max({now_, latest, paused_});
    const micros wait = start - now_;
    if (wait > 0 && (asked.cost == 0 || wait > asked.patience)) {
        if (went_back_) store();
        return {verdict::refused, level, 0, wait, 0, paused};
    }
    if (asked.cost == 0) return {};
    answer made;
    if (wait > 0) made = {verdict::reserved, level, asked.cost, wait, 0, paused};
    if (wait == 0) made.permits = as_many(asked, most);
    number(made);
    charge(made.permits, start + asked.hold);
    store();
    return made;
}

std::int64_t memory_budget::give(std::int64_t ticket, std::int64_t n, std::int64_t below) {
    if (ticket != top_ || n < 1) return 0;
    top_ = below > 0 ? std::min(below, ticket - n) : ticket - n;
    if (log_.cap > 0) log_.undo(std::min(n, log_.cap));
    for (charge_slots& s : slots_)
        s.undo(n);
    for (charge_bucket& b : buckets_)
        b.undo(n);
    store();
    return n;
}

micros memory_budget::pause(micros length) {
    paused_ = std::max(paused_, now_ + length);
    store();
    return paused_;
}

std::vector<memory_budget::free_and_reset> memory_budget::look() const {
    std::vector<free_and_reset> seen;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        const std::int64_t left = paused_ > now_ ? 0 : free(i);
        seen.push_back({left, std::max<micros>({full(i) - now_, paused_ - now_, 0})});
    }
    return seen;
}

}  // namespace symphony::detail
