// What takes promises back: pauses, other limits, and waiters whose time is up.
#include "call/http_hints.hpp"
#include "call/shared_queue.hpp"

#include <algorithm>
#include <utility>

namespace symphony {

namespace {

using verdict = rate_decision::verdict;

// Answers that ask for a pause come in bursts: claims made between two of them would be in vain.
constexpr duration burst_of_pauses = std::chrono::milliseconds(50);

}  // namespace

// A promise inside the pause is of no use: used at its end, all of them would come at once.
void shared_queue::hold_off(instant now, instant until, duration blur) {
    paused_until_ = until;
    pause_blur_ = blur;
    if (now >= quiet_until_) quiet_until_ = std::min(later(now, burst_of_pauses), until);
    ++pauses_;
    recalling_ = true;
}

bool shared_queue::pause(instant now, instant until, shared_actions& then) {
    if (until <= std::max(paused_until_, now)) return false;
    own_pause_until_ = until;
    ++pauses_untold_;
    hold_off(now, until, duration::zero());
    if (!changing_) recall(now, then);
    settle(now, then);
    then.rearm = true;
    return true;
}

void shared_queue::pause_told(instant now, shared_actions& then) {
    if (pauses_untold_ > 0) --pauses_untold_;
    ask(now, then);
}

void shared_queue::narrow(instant now, std::uint64_t left, instant until) noexcept {
    if (now < allowed_until_ && allowance_ == 0) return;
    allowance_ = left;
    allowed_since_ = now;
    allowed_until_ = until;
}

// False: too little is left, and with that nothing.
bool shared_queue::use_allowance(instant now, std::uint32_t cost) noexcept {
    if (now >= allowed_until_) return true;
    const bool suffices = cost <= allowance_;
    allowance_ = suffices ? allowance_ - cost : 0;
    return suffices;
}

// Used up before its time, it is a pause. False: there is none.
bool shared_queue::end_allowance(instant now, shared_actions& then) {
    if (now >= allowed_until_ || allowance_ > 0) return false;
    const instant until = std::exchange(allowed_until_, instant::min());
    if (!pause(now, until, then)) return false;
    then.tell_pause = until - now;
    return true;
}

// To all answers that left before: once is enough.
void shared_queue::tell_again(instant now, shared_actions& then) {
    ++pauses_;
    ++pauses_untold_;
    then.tell_pause = paused_until_ - now;
}

void shared_queue::resume(instant now, duration paused, shared_actions& then) {
    hear_pause(now, now, paused, then);
    pauses_untold_ = 0;
    if (own_pause_until_ <= now) return;
    pauses_untold_ = 1;
    then.tell_pause = own_pause_until_ - now;
}

// It ends between `left` from when it was asked for and `left` from now.
void shared_queue::hear_pause(instant now, instant sent, duration left, shared_actions& then) {
    left = std::min(left, longest_hint);
    if (left <= duration::zero()) return;
    if (later(paused_until_, pause_tolerance) >= later(sent, left)) return;  // known
    hold_off(now, later(now, left), difference(now, sent));
    then.rearm = true;
}

// Permits of a claim under way are newer than all that is held here, and nothing older goes back
// while they stand.
void shared_queue::recall(instant now, shared_actions& then) {
    if ((!recalling_ && !changing_) || is_waiting_for_store()) return;
    for (auto at = held_.end(); at != held_.begin();) {
        --at;
        const bool useless = at->first < paused_until_ || (changing_ && at->first > now);
        if (useless) at = hand_back(at, then);
    }
    recalling_ = false;
    unfit_ = true;
    if (!changing_) return;
    changing_ = false;
    make_sizes();
    then.turned_over = true;
}

void shared_queue::reconfigure(instant now, const rate_limit_options& limit,
                               std::optional<duration> lease_time, shared_actions& then) {
    const bool other = limit.strategy != limit_.strategy || limit.levels() != limit_.levels();
    changing_ = changing_ || other;
    limit_ = limit;
    lease_time_ = lease_time;
    adopt(limit);
    if (!changing_) make_sizes();
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        shared_waiter& waiter = *(at++)->second;
        if (waiter.cost <= most_cost_) continue;
        leave(waiter);
        then.refusals.push_back({&waiter, {verdict::never, most_level_, duration::zero()}});
    }
    settle(now, then);
}

void shared_queue::make_sizes() {
    sizer_ = lease_sizer(limit_, lease_time_);
    promises_.reconfigure(limit_);
}

void shared_queue::time_is_up(instant now, shared_waiter& waiter, shared_actions& then) {
    if (!waiting_.contains(waiter.where)) return;
    overdue_.insert(waiter.where);
    settle(now, then);
}

// Where nothing says that it would have to wait, it is the way to the store that takes so long.
bool shared_queue::may_stay(instant now, const shared_waiter& waiter) const {
    if (waiter.claims > 0 || !returning_.empty() || is_served_in_time(now, waiter)) return true;
    const bool unasked = to_ask_.contains(waiter.where);
    return unasked && std::max(promises_.next(now, waiter.cost), paused_until_) <= now;
}

// By the store's clock, with this many before it.
bool shared_queue::is_served_in_time(instant now, const shared_waiter& waiter) const {
    std::uint64_t there = 0;
    for (auto at = held_.upper_bound(now); at != held_.end() && !misses(waiter, *at); ++at)
        there += at->second.permits;
    for (auto at = waiting_.begin(); there > 0 && at != waiting_.end(); ++at) {
        const shared_waiter& other = *at->second;
        if (&other == &waiter) return waiter.cost <= there;
        if (other.latest >= now) there -= std::min<std::uint64_t>(there, other.cost);
    }
    return false;
}

void shared_queue::dismiss_overdue(instant now, shared_actions& then) {
    for (auto at = overdue_.begin(); at != overdue_.end();) {
        shared_waiter& waiter = *waiting_.at(*at++);
        if (may_stay(now, waiter)) continue;
        leave(waiter);
        then.refusals.push_back({&waiter, {verdict::refused, 0, duration::zero()}});
    }
}

}  // namespace symphony
