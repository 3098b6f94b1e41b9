#include "call/rate_gate.hpp"
#include "call/shared_budget.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

bool shared_budget::is_over() const noexcept {
    return gate_.closed_.load();
}

void shared_budget::perform(shared_actions then, limit_in_store before) {
    const bool for_home =
        !then.claims.empty() || !then.refunds.empty() || then.rearm || then.tell_pause;
    if (!for_home) {
        finish(then);
        return;
    }
    const keeper self = gate_.shared_from_this();
    finish(then);
    asio::dispatch(gate_.home_.executor,
                   [this, self, asked = std::move(then), before = std::move(before)] {
                       perform_at_home(self, asked, before);
                   });
}

// What goes back goes first: a new claim may use it.
void shared_budget::perform_at_home(const keeper& self, const shared_actions& then,
                                    const limit_in_store& before) {
    if (is_over()) return;
    const limit_in_store back_to = before ? before : limit();
    for (const auto& refund : then.refunds)
        spawn(self, run_refund(refund, back_to));
    if (then.tell_pause) spawn(self, run_pause(*then.tell_pause));
    for (const auto& claim : then.claims)
        spawn(self, run_claim(claim));
    if (then.rearm) gate_.arm_at(gate_.next_wakeup(gate_.home_.time.now()));
}

// `work` has not begun yet: over, it never does.
void shared_budget::spawn(const keeper& self, asio::awaitable<void> work) {
    if (is_over()) return;
    asio::co_spawn(gate_.home_.executor, std::move(work),
                   [this, self](const std::exception_ptr& fault) {
                       if (fault && !is_over()) fall("the store's client failed");
                   });
}

void shared_budget::give_back(const rate_permit& permit, std::uint32_t cost, instant now) {
    shared_actions then;
    {
        const std::lock_guard lock(mutex_);
        if (!is_up()) return;  // nobody can be told
        if (!queue_.put_back(now, permit, cost, then))
            then.refunds.push_back({{permit.ticket, cost, permit.below}});
    }
    perform(std::move(then));
}

asio::awaitable<void> shared_budget::run_claim(shared_actions::claim what) {
    const auto of = limit();
    const result<rate_grant> got = co_await how_.store->claim(*of, what.what);
    if (is_over()) co_return;
    if (got) {
        answered(what.id, *got);
    } else {
        fall(got.error().message);
    }
}

// A permit that cannot be given back is lost until it lapses; the next claim shows the fault.
asio::awaitable<void> shared_budget::run_refund(shared_actions::refund what, limit_in_store of) {
    const result<bool> taken = co_await how_.store->give_back(*of, what);
    if (!what.awaited || is_over()) co_return;
    if (taken) {
        const instant now = gate_.home_.time.now();
        step_at_home(
            [&](shared_actions& then) { queue_.returned(now, what.ticket, *taken, then); });
    } else {
        fall(taken.error().message);
    }
}

void shared_budget::tell_pause(duration length) {
    const keeper self = gate_.shared_from_this();
    asio::dispatch(gate_.home_.executor, [this, self, length] { spawn(self, run_pause(length)); });
}

asio::awaitable<void> shared_budget::run_pause(duration length) {
    const auto of = limit();
    const result<void> told = co_await how_.store->pause(*of, length);
    if (is_over()) co_return;
    if (!told) {
        fall(told.error().message);
        co_return;
    }
    shared_actions then;
    {
        const std::lock_guard lock(mutex_);
        if (is_up()) queue_.pause_told(gate_.home_.time.now(), then);
    }
    perform(std::move(then));
}

rate_limiter::view shared_budget::look(instant now) {
    bool ask = false;
    rate_limiter::view seen;
    {
        const std::lock_guard lock(mutex_);
        if (!is_up() && how_.options.on_store_failure == store_failure::local) {
            return gate_.limiter_.look(now);
        }
        ask = is_up() && !known_.asking && difference(now, known_.at) > probe_interval;
        if (ask) known_.asking = true;
        seen = view_locked(now);
    }
    if (ask) ask_for_view();
    return seen;
}

rate_limiter::view shared_budget::view_locked(instant now) const {
    rate_limiter::view seen = known_.view;
    seen.queued = queue_.size();
    const bool looked = known_.at != instant::min();
    const duration age = looked ? difference(now, known_.at) : duration::zero();
    for (std::size_t i = 0; i < seen.levels.size() && i < known_.limits.size(); ++i) {
        rate_limiter::level_view& level = seen.levels[i];
        level.reset = std::max(level.reset - age, duration::zero());
        const rate_level& full = known_.limits[i];
        if (level.reset == duration::zero() && age > duration::zero()) {
            level.remaining = full.burst > 0 ? full.burst : full.max;
        }
        if (const auto told = queue_.narrowed(now)) {
            level.remaining = std::min(level.remaining, told->left);
            level.reset = std::max(level.reset, difference(told->until, now));
        }
    }
    return seen;
}

void shared_budget::ask_for_view() {
    const keeper self = gate_.shared_from_this();
    asio::dispatch(gate_.home_.executor, [this, self] { spawn(self, run_look()); });
}

asio::awaitable<void> shared_budget::run_look() {
    const auto of = limit();
    const result<rate_limiter::view> got = co_await how_.store->look(*of);
    if (is_over()) co_return;
    {
        const std::lock_guard lock(mutex_);
        known_.asking = false;
        // A reload may have come in between.
        if (got && of == limit_ && !queue_.is_changing()) {
            known_.view = *got;
            known_.at = gate_.home_.time.now();
        }
    }
    if (!got) fall(got.error().message);
}

}  // namespace symphony
