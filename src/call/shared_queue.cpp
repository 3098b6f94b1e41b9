#include "call/shared_queue.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace symphony {

namespace {

using verdict = rate_decision::verdict;

// Beyond the queue's own size: callers whose first answer is still on its way.
constexpr std::size_t most_unanswered = 10'000;

}  // namespace

shared_queue::shared_queue(const rate_limit_options& limit, std::optional<duration> lease_time)
    : limit_(limit), lease_time_(lease_time), sizer_(limit, lease_time), promises_(limit) {
    adopt(limit);
}

void shared_queue::adopt(const rate_limit_options& limit) {
    most_waiting_ = limit.max_queue_size;
    longest_wait_ = limit.max_queue_time.value_or(duration::max());
    most_cost_ = std::numeric_limits<std::uint64_t>::max();
    const std::vector<rate_level> levels = limit.levels();
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const std::uint64_t most = levels[i].burst > 0 ? levels[i].burst : levels[i].max;
        if (most < most_cost_) most_level_ = static_cast<std::uint8_t>(i);
        most_cost_ = std::min(most_cost_, most);
    }
}

std::optional<rate_permit> shared_queue::take(instant now, std::uint32_t cost) noexcept {
    if (!waiting_.empty() || now < paused_until_ || recalling_) return std::nullopt;
    for (auto at = held_.begin(); at != held_.end() && at->first <= now; ++at) {
        holding& from = at->second;
        open(from);
        if (now >= from.until || from.permits < cost) continue;
        if (!use_allowance(now, cost)) return std::nullopt;
        sizer_.note(now, cost);
        const rate_permit taken = use(from, cost, now);
        if (from.permits == 0) held_.erase(at);
        return taken;
    }
    return std::nullopt;
}

void shared_queue::number(shared_waiter& waiter) noexcept {
    waiter.where = {std::min<std::uint8_t>(waiter.priority, 9), ++turns_};
}

rate_decision shared_queue::add(instant now, shared_waiter& waiter, shared_actions& then) {
    if (waiter.cost > most_cost_) return {verdict::never, most_level_, duration::zero()};
    if (waiter.cost == 0) {
        looks_.emplace(waiter.where, &waiter);
        questions_.emplace(++claims_,
                           question{0, {waiter.where}, now, duration::zero(), 0, true, 0});
        rate_claim look;
        look.cost = 0;
        then.claims.push_back({claims_, look});
        return {verdict::queued, 0, duration::zero()};
    }
    sizer_.note(now, waiter.cost);
    if (waiting_.empty() && covered_ > 0) unfit_ = true;  // made for others
    const bool full = most_waiting_ > 0 && std::max(reserved(), placed_) >= most_waiting_;
    if (full || waiting_.size() >= most_waiting_ + most_unanswered) {
        return {verdict::full, 0, outlook(now, waiter.cost)};
    }
    waiter.queue_until = std::min(waiter.queue_until, later(now, longest_wait_));
    waiter.claims = 0;
    waiter.placed = false;
    const auto where = waiting_.emplace(waiter.where, &waiter).first;
    ++costs_[waiter.cost];
    wanted_ += waiter.cost;
    want_claim(waiter);
    if (!have_one_cost() && std::next(where) != waiting_.end()) unfit_ = true;
    settle(now, then);
    return {verdict::queued, 0, duration::zero()};
}

bool shared_queue::remove(instant now, shared_waiter& waiter, shared_actions& then) {
    if (looks_.erase(waiter.where) > 0) return true;
    if (!waiting_.contains(waiter.where)) return false;
    leave(waiter);
    settle(now, then);
    return true;
}

bool shared_queue::put_back(instant now, const rate_permit& permit, std::uint32_t cost,
                            shared_actions& then) {
    if (now < allowed_until_ && permit.at >= allowed_since_) allowance_ += cost;
    for (auto& [at, from] : held_) {
        if (from.ticket != permit.ticket || now < at || now >= from.until) continue;
        from.permits += cost;
        if (!from.opened) covered_ += cost;
        settle(now, then);
        return true;
    }
    promises_.take_back(permit.ticket, cost);  // to the store it goes
    return false;
}

void shared_queue::tick(instant now, shared_actions& then) {
    recall(now, then);
    settle(now, then);
}

std::optional<instant> shared_queue::next(instant now) const {
    std::optional<instant> due;
    const auto sooner = [&due](instant at) { due = due ? std::min(*due, at) : at; };
    for (const auto& [at, h] : held_) {
        if (recalling_) break;  // the last answer does it
        sooner(std::max(at > now ? at : h.until, paused_until_));
        if (at > now) break;
    }
    if (linger_until_ && *linger_until_ > now) sooner(*linger_until_);
    if (quiet_until_ > now) sooner(quiet_until_);
    if (reorder_at_ > now && unfit_) sooner(reorder_at_);
    if (allowance_ == 0 && allowed_until_ > now) sooner(now);
    return due;
}

std::vector<shared_waiter*> shared_queue::abandon() {
    std::vector<shared_waiter*> all;
    all.reserve(waiting_.size() + looks_.size());
    for (const auto* some : {&waiting_, &looks_}) {
        for (const auto& [place, waiter] : *some)
            all.push_back(waiter);
    }
    waiting_.clear();
    looks_.clear();
    to_ask_.clear();
    costs_.clear();
    wanted_ = covered_ = asking_ = 0;
    questions_.clear();
    held_.clear();
    returning_.clear();
    unfit_ = reordering_ = false;
    stuck_ = 0;
    placed_ = 0;
    promises_.clear();
    linger_until_.reset();
    overdue_.clear();
    allowed_until_ = instant::min();
    asked_waiters_ = asked_newcomers_ = 0;
    pauses_untold_ = 0;
    recalling_ = false;
    if (std::exchange(changing_, false)) make_sizes();
    return all;
}

duration shared_queue::outlook(instant now, std::uint32_t cost) const noexcept {
    const instant at = std::max(promises_.next(now, cost), paused_until_);
    return std::max(difference(at, now), duration(std::chrono::milliseconds(1)));
}

std::size_t shared_queue::reserved() const noexcept {
    const std::size_t asked = to_ask_.size() + asked_waiters_;
    return waiting_.size() - std::min(asked, waiting_.size());
}

void shared_queue::place_waiter(shared_waiter& waiter) noexcept {
    if (!std::exchange(waiter.placed, true)) ++placed_;
}

void shared_queue::open(holding& h) noexcept {
    if (std::exchange(h.opened, true)) return;
    covered_ -= h.permits;
}

rate_permit shared_queue::use(holding& from, std::uint32_t permits, instant now) noexcept {
    from.permits -= permits;
    const std::uint64_t below = std::exchange(from.below, 0);
    return {now, from.ticket, rate_permit::origin::store, from.permits == 0 ? below : 0};
}

shared_queue::holdings::iterator shared_queue::insert(instant from, const holding& kept) {
    if (!kept.opened) covered_ += kept.permits;
    auto before = held_.upper_bound(from);
    while (before != held_.begin()) {
        const auto& [at, other] = *std::prev(before);
        if (at < from || other.ticket < kept.ticket) break;
        --before;
    }
    return held_.emplace_hint(before, from, kept);
}

shared_queue::holdings::iterator shared_queue::hand_back(holdings::iterator which,
                                                         shared_actions& then) {
    hand_back_part(which->second, which->second.permits, then);
    return held_.erase(which);
}

// What is left of it keeps the lower numbers.
void shared_queue::hand_back_part(holding& of, std::uint32_t permits, shared_actions& then) {
    const bool whole = permits == of.permits;
    then.refunds.push_back({{of.ticket, permits, whole ? of.below : 0}});
    promises_.take_back(of.ticket, permits);
    of.ticket -= permits;
    of.permits -= permits;
    of.owed = std::min(of.owed, of.permits);
    if (!of.opened) covered_ -= permits;
}

void shared_queue::take_out(const shared_waiter& waiter) noexcept {
    want_no_claim(waiter);
    wanted_ -= waiter.cost;
    placed_ -= waiter.placed ? 1 : 0;
    if (const auto of = costs_.find(waiter.cost); --of->second == 0) costs_.erase(of);
    overdue_.erase(waiter.where);
    waiting_.erase(waiter.where);
}

void shared_queue::leave(const shared_waiter& waiter) noexcept {
    if (!have_one_cost()) unfit_ = true;
    take_out(waiter);
}

// A waiter that had to give up is passed over and holds up nobody; its owner takes it out.
shared_waiter* shared_queue::pick(const holdings::value_type& promise, std::uint32_t permits,
                                  instant now) const noexcept {
    if (costs_.empty() || costs_.begin()->first > permits) return nullptr;
    for (const auto& [place, waiter] : waiting_) {
        if (waiter->latest >= now && waiter->cost <= permits && !misses(*waiter, promise))
            return waiter;
    }
    return nullptr;
}

void shared_queue::serve(instant now, shared_actions& then) {
    if (now < paused_until_ || recalling_) return;
    for (auto at = held_.begin(); at != held_.end() && at->first <= now;) {
        holding& from = at->second;
        // A lease ends when it ends, also on its way here: nothing of it is used after its charge.
        // What was promised to waiters they get even when the answer or the thread comes late.
        std::uint32_t usable = from.permits;
        if (now >= from.until) usable = from.opened ? 0 : std::min(usable, from.owed);
        open(from);
        while (usable > 0) {
            shared_waiter* const who = pick(*at, usable, now);
            if (who == nullptr) break;
            if (!use_allowance(now, who->cost)) return;
            then.grants.push_back({who, use(from, who->cost, now)});
            usable -= who->cost;
            if (who == waiting_.begin()->second) {
                take_out(*who);
            } else {
                leave(*who);
            }
        }
        if (from.permits == 0) {
            at = held_.erase(at);
        } else if (now >= from.until) {
            at = hand_back(at, then);
        } else {
            ++at;
        }
    }
}

void shared_queue::settle(instant now, shared_actions& then) {
    serve(now, then);
    if (end_allowance(now, then)) return;
    const std::size_t told = then.refusals.size();
    dismiss_overdue(now, then);
    const std::size_t dismissed = then.refusals.size();
    if (!have_one_cost() && covered_ + asking_ != wanted_) unfit_ = true;
    if (unfit_) {
        arrange(now, then);
    } else if (have_one_cost()) {
        cover();
        shed(now, then);
    }
    for (std::size_t i = told; i < dismissed; ++i) {
        auto& [who, why, unavailable] = then.refusals[i];
        why.retry_after = outlook(now, who->cost);
    }
    ask(now, then);
    std::ranges::sort(then.refunds, std::greater(), &shared_actions::refund::ticket);
}

}  // namespace symphony
