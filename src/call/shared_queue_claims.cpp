#include "call/shared_queue.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace symphony {

namespace {

using verdict = rate_decision::verdict;

// Claims under way at once where each waiter has its own.
constexpr std::size_t most_claims = 32;

}  // namespace

void shared_queue::want_claim(shared_waiter& waiter) {
    if (to_ask_.emplace(waiter.where, &waiter).second) asking_ += waiter.cost;
}

void shared_queue::want_no_claim(const shared_waiter& waiter) noexcept {
    if (to_ask_.erase(waiter.where) > 0) asking_ -= waiter.cost;
}

// Where a promise went to another or was taken back, the last in the order ask anew.
void shared_queue::cover() {
    for (const auto& [place, waiter] : std::views::reverse(waiting_)) {
        if (covered_ + asking_ >= wanted_) return;
        want_claim(*waiter);
    }
}

void shared_queue::ask(instant now, shared_actions& then) {
    if (now < quiet_until_ || recalling_ || changing_ || reordering_ || !returning_.empty()) return;
    while (!to_ask_.empty() && pauses_untold_ == 0) {
        shared_waiter& first = *to_ask_.begin()->second;
        if (have_one_cost() && !unfit_ && covered_ + asking_ >= wanted_ + first.cost) {
            use_surplus(first, now, then);
            continue;
        }
        const lease_plan plan = sizer_.plan(now, instances_);
        if (!may_ask(now, plan, then)) return;
        ask_for_first(now, plan, then);
    }
    linger_until_.reset();
}

// A promise is free for it, and no claim is needed.
void shared_queue::use_surplus(shared_waiter& waiter, instant now, shared_actions& then) {
    want_no_claim(waiter);
    place_waiter(waiter);
    if (held_.empty() || held_.rbegin()->first <= now) return;
    const auto& last = *held_.rbegin();
    if (!is_too_late(last, waiter)) return;
    leave(waiter);
    then.refusals.push_back({&waiter, {verdict::refused, 0, difference(last.first, now)}});
}

bool shared_queue::may_ask(instant now, const lease_plan& plan, shared_actions& then) {
    // Whose time is up must not wait for others' answers, unless they may serve him as well.
    const std::size_t most = plan.leases()      ? 1
                             : overdue_.empty() ? most_claims
                                                : most_waiting_ + most_claims;
    if (claims_under_way() >= most) return false;
    const bool newcomer = !to_ask_.begin()->second->placed;
    if (newcomer && most_waiting_ > 0 && asked_waiters_ > 0 && occupied() >= most_waiting_)
        return false;
    // When all have to wait anyway, a moment's patience fills the batch.
    const bool fills = asking_ >= plan.batch;
    if (!plan.leases() || plan.batch == 1 || fills || !is_saturated(now)) return true;
    if (!linger_until_) {
        linger_until_ = now + plan.hold / 2;
        then.rearm = true;
    }
    return now >= *linger_until_;
}

// The first of those that are still to be asked for, and others that follow while all need no more
// than so many permits.
shared_queue::question shared_queue::gather(std::size_t most, std::uint32_t most_permits) {
    question made{};
    for (auto at = to_ask_.begin(); at != to_ask_.end() && made.askers.size() < most;) {
        shared_waiter& waiter = *at->second;
        if (!made.askers.empty() && made.permits + waiter.cost > most_permits) break;
        made.askers.push_back(waiter.where);
        made.permits += waiter.cost;
        made.newcomers += waiter.placed ? 0 : 1;
        ++waiter.claims;
        at = to_ask_.erase(at);
    }
    asking_ -= made.permits;
    covered_ += made.permits;
    return made;
}

void shared_queue::ask_for_first(instant now, const lease_plan& plan, shared_actions& then) {
    const std::size_t places = most_waiting_ - std::min(occupied(), most_waiting_);
    const bool full = places == 0 && !to_ask_.begin()->second->placed;
    const bool batches = plan.leases() && is_saturated(now) && !full;
    question asked = gather(batches ? std::max<std::size_t>(places, 1) : 1, plan.batch);
    asked.sent = now;
    asked.pauses = pauses_;
    asked.queue_full = full;
    rate_claim what;
    what.cost = asked.permits;
    if (plan.permits > what.cost) {
        what.want = plan.permits;
        what.hold = asked.hold = plan.hold;
    }
    if (!full) {
        // Where all have one cost, the late moment will be that of the last in the order, whoever
        // asks.
        instant until = have_one_cost() ? waiting_.rbegin()->second->useful_until() : now;
        for (const place& one : asked.askers)
            until = std::max(until, waiting_.at(one)->useful_until());
        what.max_wait = std::max(difference(until, now), duration::zero());
    }
    asked_waiters_ += asked.askers.size();
    asked_newcomers_ += asked.newcomers;
    questions_.emplace(++claims_, std::move(asked));
    then.claims.push_back({claims_, what});
    linger_until_.reset();
}

void shared_queue::answer(instant now, std::uint64_t claim, const rate_grant& grant,
                          shared_actions& then) {
    const auto found = questions_.find(claim);
    if (found == questions_.end()) {  // from before the store was given up
        if (grant.permits > 0) then.refunds.push_back({{grant.ticket, grant.permits, grant.below}});
        return;
    }
    const question asked = std::move(found->second);
    if (found != questions_.begin() && !have_one_cost()) unfit_ = true;
    questions_.erase(found);
    instances_ = std::max<std::uint32_t>(grant.instances, 1);
    then.rearm = true;
    hear_pause(now, asked.sent, grant.paused, then);
    if (asked.permits == 0) {
        answer_look(now, asked, grant, then);
        tick(now, then);
        return;
    }
    for (const place& one : asked.askers) {
        if (const auto at = waiting_.find(one); at != waiting_.end()) --at->second->claims;
    }
    sizer_.note_trip(difference(now, asked.sent));
    covered_ -= asked.permits;
    asked_waiters_ -= asked.askers.size();
    asked_newcomers_ -= asked.newcomers;
    const bool granted =
        grant.what == rate_grant::verdict::admitted || grant.what == rate_grant::verdict::reserved;
    if (granted && grant.permits > 0) {
        keep(now, asked, grant, then);
    } else {
        refuse(now, asked, grant, then);
    }
    tick(now, then);
}

// In the store, promises are in the order of their tickets, and they have to go back in that order:
// the ways of two answers may turn it round by as much as the earlier one took.
shared_queue::holdings::iterator shared_queue::hold(instant from, const holding& made) {
    holding kept = made;
    if (!held_.empty()) {
        const auto& [last, of] = *held_.rbegin();
        if (of.ticket < made.ticket && from < last && difference(last, from) <= of.trip) {
            from = last;
            kept.trip = std::max(kept.trip, of.trip);
        }
    }
    return insert(from, kept);
}

void shared_queue::keep(instant now, const question& asked, const rate_grant& grant,
                        shared_actions& then) {
    const instant at = later(now, std::max(grant.wait, duration::zero()));
    // What the store knew of the pause lies behind it, as far as clocks and ways let us see. Where
    // it had been told and knows nothing, it has lost the pause, and is told again.
    const bool inside = later(at, pause_blur_ + pause_tolerance) < paused_until_;
    if (inside && asked.pauses == pauses_) tell_again(now, then);
    const instant from = inside ? at : std::max(at, paused_until_);
    // The store charged them for its own moment + wait + hold, and decided after the claim was
    // sent, perhaps long before its answer arrived.
    const instant until = later(later(asked.sent, grant.wait), asked.hold);
    const bool at_once = grant.wait <= duration::zero() && from <= now;
    const duration trip = difference(now, asked.sent);
    const auto held = hold(from, {grant.ticket, grant.below, grant.permits, asked.askers.size(),
                                  asked.permits, until, trip, at_once, until > from});
    for (const place& one : asked.askers) {
        if (unfit_ || from <= now) break;  // `arrange` knows whose it is; nobody waits for it
        const auto waiter = waiting_.find(one);
        if (waiter != waiting_.end()) place_waiter(*waiter->second);
    }
    promises_.note(now, grant, held->first, later(held->first, asked.hold));
    recalling_ = recalling_ || inside;
    if (!inside) refuse_late(now, asked, *held, grant, then);
}

// Whoever cannot wait so long goes now, unless the last in the order takes that moment.
void shared_queue::refuse_late(instant now, const question& asked,
                               const holdings::value_type& promise, const rate_grant& grant,
                               shared_actions& then) {
    const duration wait = std::max({grant.wait, difference(promise.first, now), duration(1)});
    for (const place& one : std::views::reverse(asked.askers)) {
        const auto found = waiting_.find(one);
        if (found == waiting_.end()) continue;
        shared_waiter& waiter = *found->second;
        if (!is_too_late(promise, waiter)) continue;
        leave(waiter);
        then.refusals.push_back({&waiter, {verdict::refused, grant.level, wait}});
    }
}

void shared_queue::refuse(instant now, const question& asked, const rate_grant& grant,
                          shared_actions& then) {
    const bool never = grant.what == rate_grant::verdict::never;
    const verdict what = never                                   ? verdict::never
                         : asked.queue_full && most_waiting_ > 0 ? verdict::full
                                                                 : verdict::refused;
    const duration wait = never ? duration::zero() : std::max(grant.wait, duration(1));
    if (!never) {
        promises_.note_refusal(later(now, wait), asked.permits);
    }
    for (const place& one : asked.askers) {
        const auto found = waiting_.find(one);
        if (found == waiting_.end()) continue;
        shared_waiter& waiter = *found->second;
        leave(waiter);
        then.refusals.push_back({&waiter, {what, grant.level, wait}});
    }
}

void shared_queue::answer_look(instant now, const question& asked, const rate_grant& grant,
                               shared_actions& then) {
    const auto found = looks_.find(asked.askers.front());
    if (found == looks_.end()) return;
    shared_waiter* const waiter = found->second;
    looks_.erase(found);
    if (grant.what == rate_grant::verdict::admitted) {
        then.grants.push_back({waiter, {now, 0, rate_permit::origin::free}});
    } else {
        const duration wait = std::max(grant.wait, duration(1));
        then.refusals.push_back({waiter, {verdict::refused, grant.level, wait}});
    }
}

}  // namespace symphony
