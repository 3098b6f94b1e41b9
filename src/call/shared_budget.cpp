#include "call/shared_budget.hpp"

#include "call/rate_gate.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

using verdict = rate_decision::verdict;

std::optional<duration> lease_time_of(const rate_sharing_options& how) {
    if (!how.lease) return std::nullopt;
    return how.lease_time;
}

rate_answer unavailable() {
    rate_answer made{{verdict::refused, 0, shared_budget::probe_interval}, {}, true};
    return made;
}

}  // namespace

shared_budget::shared_budget(rate_gate& gate, rate_sharing how, const rate_limit_options& limit)
    : gate_(gate),
      how_(std::move(how)),
      options_(limit),
      queue_(limit, lease_time_of(how_.options)) {
    set_limit_locked();
    forget_view_locked();
}

void shared_budget::set_limit_locked() {
    auto made = std::make_shared<shared_limit>();
    made->key = how_.key;
    made->strategy = options_.strategy;
    made->levels = options_.levels();
    limit_ = std::move(made);
}

void shared_budget::forget_view_locked() {
    known_.limits = options_.levels();
    known_.view = {};
    known_.view.strategy = options_.strategy;
    for (const rate_level& level : known_.limits) {
        const std::uint64_t full = level.burst > 0 ? level.burst : level.max;
        known_.view.levels.push_back({level.max, level.window, full, duration::zero()});
    }
    known_.at = instant::min();
}

// The queue turns over on the home shard, so that what other threads ask for cannot pass what has
// to go back before it.
void shared_budget::reconfigure(const rate_limit_options& limit, const rate_sharing_options& how,
                                instant now) {
    shared_actions then;
    {
        const std::lock_guard lock(mutex_);
        how_.options = how;
        options_ = limit;
        queue_.reconfigure(now, limit, lease_time_of(how), then);
        forget_view_locked();
        if (!is_up()) gate_.limiter_.reconfigure(share_locked(), now);
    }
    perform(std::move(then));
    const keeper self = gate_.shared_from_this();
    asio::dispatch(gate_.home_.executor, [this, self] {
        if (!is_over()) tick(gate_.home_.time.now());
    });
}

shared_budget::limit_in_store shared_budget::follow_locked(const shared_actions& then) {
    limit_in_store before = limit_;
    if (then.turned_over) set_limit_locked();
    return before;
}

shared_budget::limit_in_store shared_budget::limit() const {
    const std::lock_guard lock(mutex_);
    return limit_;
}

rate_limit_options shared_budget::share_locked() const {
    rate_limit_options share = options_;
    share.max_requests_per_second = 0;
    share.max_requests_per_minute = 0;
    share.limits = options_.levels();
    for (rate_level& level : share.limits) {
        level.max = std::max<std::uint64_t>(level.max / queue_.instances(), 1);
        if (level.burst > 0)
            level.burst = std::max<std::uint64_t>(level.burst / queue_.instances(), 1);
    }
    return share;
}

rate_answer shared_budget::try_acquire(instant now, std::uint32_t cost) noexcept {
    std::optional<rate_permit> taken;
    bool used_up = false;
    {
        const std::lock_guard lock(mutex_);
        if (!is_up()) return admit_down_locked(now, cost);
        if (cost > 0) taken = queue_.take(now, cost);
        if (const auto told = taken ? queue_.narrowed(now) : std::nullopt)
            used_up = told->left == 0;
    }
    if (!taken) return {{verdict::queued, 0, duration::zero()}, {}, false};
    if (used_up) gate_.rearm();  // for the pause that begins
    return {{}, *taken, false};
}

rate_answer shared_budget::admit_down_locked(instant now, std::uint32_t cost) noexcept {
    switch (how_.options.on_store_failure) {
        case store_failure::open:
            return {{}, {now, 0, rate_permit::origin::free}, false};
        case store_failure::closed:
            return unavailable();
        case store_failure::local:
            break;
    }
    rate_answer made{
        gate_.limiter_.try_acquire(now, cost), {now, 0, rate_permit::origin::local}, false};
    if (made.decision.what == verdict::never) return too_costly_locked(made.decision, cost);
    return made;
}

rate_answer shared_budget::too_costly_locked(const rate_decision& never,
                                             std::uint32_t cost) const noexcept {
    // The share may be too small for it where the limit is not.
    if (cost <= queue_.most_cost()) return unavailable();
    return {never, {}, false};
}

rate_answer shared_budget::enqueue(queued_call& call, instant now) {
    shared_actions then;
    rate_answer made;
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        queue_.number(call);
        if (is_up()) {
            made.decision = queue_.add(now, call, then);
        } else {
            made = admit_down_locked(now, call.cost);
            const bool local = how_.options.on_store_failure == store_failure::local;
            if (local && made.decision.what == verdict::refused && !made.unavailable &&
                call.cost > 0) {
                made.decision = gate_.limiter_.acquire(now, call);
                wakes = made.decision.what == verdict::queued;
            }
        }
        call.expire_at(call.useful_until());
    }
    perform(std::move(then));
    if (wakes) gate_.rearm();
    return made;
}

void shared_budget::withdraw(queued_call& call, instant now) {
    shared_actions then;
    bool left = false;
    bool up = true;
    {
        const std::lock_guard lock(mutex_);
        up = is_up();
        left = up ? queue_.remove(now, call, then) : gate_.limiter_.cancel(call, now);
    }
    if (!left) return;
    gate_.waiting_.remove(call);
    perform(std::move(then));
    if (!up) gate_.rearm();
}

std::optional<instant> shared_budget::time_is_up(queued_call& call, instant now) {
    shared_actions then;
    std::optional<instant> again;
    {
        const std::lock_guard lock(mutex_);
        if (is_up() && now < call.latest) {
            again = call.latest;
            queue_.time_is_up(now, call, then);
        }
    }
    perform(std::move(then));
    return again;
}

void shared_budget::pause(instant until, instant now) {
    shared_actions then;
    bool tell = false;
    {
        const std::lock_guard lock(mutex_);
        tell = queue_.pause(now, until, then);
        if (tell && !is_up()) {  // the store hears of it when it is back
            tell = false;
            queue_.pause_told(now, then);
        }
    }
    perform(std::move(then));
    if (tell) tell_pause(until - now);
}

void shared_budget::narrow(std::uint64_t left, instant until, instant now) {
    const std::lock_guard lock(mutex_);
    if (is_up()) {
        queue_.narrow(now, left, until);
    } else {
        gate_.limiter_.narrow(left, until, now);
    }
}

std::size_t shared_budget::queued() const {
    const std::lock_guard lock(mutex_);
    return is_up() ? queue_.size() : gate_.limiter_.queued();
}

duration shared_budget::outlook(instant now) const {
    const std::lock_guard lock(mutex_);
    if (is_up()) return queue_.outlook(now);
    const rate_decision told = gate_.limiter_.try_acquire(now, 0);
    return std::max(told.retry_after, duration(1));
}

void shared_budget::tick(instant now) {
    shared_actions then;
    limit_in_store before;
    bool probe = false;
    {
        const std::lock_guard lock(mutex_);
        if (is_up() || queue_.is_changing()) {
            queue_.tick(now, then);
            before = follow_locked(then);
        }
        if (!is_up() && !probing_ && now >= probe_at_) {
            probe = probing_ = true;
        }
    }
    perform(std::move(then), std::move(before));
    if (probe) ask_whether_back();
}

std::optional<instant> shared_budget::next(instant now) const {
    const std::lock_guard lock(mutex_);
    if (is_up()) return queue_.next(now);
    if (probing_) return std::nullopt;
    return probe_at_;
}

void shared_budget::answered(std::uint64_t claim, const rate_grant& grant) {
    const instant now = gate_.home_.time.now();
    step_at_home([&](shared_actions& then) {
        queue_.answer(now, claim, grant, then);
        for (rate_limiter::level_view& level : known_.view.levels)
            level.remaining -= std::min<std::uint64_t>(level.remaining, grant.permits);
    });
}

// The waiters are kept by the gate until they are told.
void shared_budget::finish(const shared_actions& then) {
    for (const auto& grant : then.grants)
        static_cast<queued_call*>(grant.who)->grant(grant.permit);
    for (const auto& refusal : then.refusals) {
        static_cast<queued_call*>(refusal.who)->refuse({refusal.why, {}, refusal.unavailable});
    }
}

}  // namespace symphony
