// When the store goes, while it is away, and when it is back.
#include "call/rate_gate.hpp"
#include "call/shared_budget.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

using verdict = rate_decision::verdict;

}  // namespace

void shared_budget::fall(std::string_view why) {
    const instant now = gate_.home_.time.now();
    shared_actions then;
    {
        const std::lock_guard lock(mutex_);
        if (!is_up()) return;
        up_ = false;
        probe_at_ = now + probe_interval;
        move_over_locked(now, then);
    }
    tell_change(false, why, now);
    finish(then);
    gate_.rearm();
}

// What was promised is forgotten: the store may have lost it, and cannot be told.
void shared_budget::move_over_locked(instant now, shared_actions& then) {
    const store_failure how = how_.options.on_store_failure;
    if (how == store_failure::local) {
        gate_.limiter_.reconfigure(share_locked(), now);
        gate_.limiter_.pause(queue_.paused_until(), now);  // also one that began elsewhere
    }
    if (const auto told = queue_.narrowed(now)) gate_.limiter_.narrow(told->left, told->until, now);
    if (queue_.is_changing()) set_limit_locked();
    for (shared_waiter* const waiter : queue_.abandon()) {
        rate_answer told = admit_down_locked(now, waiter->cost);
        const bool waits = how == store_failure::local && waiter->cost > 0 && !told.unavailable &&
                           told.decision.what == verdict::refused;
        if (waits) {
            waiter->latest = waiter->useful_until();
            told.decision = gate_.limiter_.acquire(now, *waiter);
        }
        if (told.decision.admitted()) {
            then.grants.push_back({waiter, told.permit});
        } else if (told.decision.what != verdict::queued) {
            then.refusals.push_back({waiter, told.decision, told.unavailable});
        }
    }
}

// Whoever waited for the local share is asked for again, in the old order.
void shared_budget::rise(duration paused) {
    const instant now = gate_.home_.time.now();
    std::vector<std::shared_ptr<queued_call>> waiting;  // goes after the lock
    std::vector<queued_call*> back;
    shared_actions then;
    {
        const std::lock_guard lock(mutex_);
        if (is_up()) return;
        waiting = gate_.waiting_.all();
        for (const auto& call : waiting) {
            if (gate_.limiter_.cancel(*call, now)) back.push_back(call.get());
        }
        up_ = true;
        probing_ = false;
        known_.asking = false;
        queue_.resume(now, paused, then);
        if (const auto told = gate_.limiter_.narrowed(now))
            queue_.narrow(now, told->left, told->until);
        std::ranges::sort(back, {}, &shared_waiter::where);
        for (queued_call* const call : back) {
            const rate_decision told = queue_.add(now, *call, then);
            if (told.what != verdict::queued) then.refusals.push_back({call, told});
        }
    }
    tell_change(true, "it answers again", now);
    perform(std::move(then));
    gate_.rearm();
}

void shared_budget::probe_failed() {
    {
        const std::lock_guard lock(mutex_);
        probing_ = false;
        probe_at_ = gate_.home_.time.now() + probe_interval;
    }
    gate_.rearm();
}

void shared_budget::ask_whether_back() {
    const keeper self = gate_.shared_from_this();
    asio::dispatch(gate_.home_.executor, [this, self] { spawn(self, run_probe()); });
}

// Not `look`: what is tested is what calls need.
asio::awaitable<void> shared_budget::run_probe() {
    const auto of = limit();
    rate_claim nothing;
    nothing.cost = 0;
    const result<rate_grant> got = co_await how_.store->claim(*of, nothing);
    if (is_over()) co_return;
    if (got) {
        rise(got->paused);
    } else {
        probe_failed();
    }
}

void shared_budget::tell_change(bool up, std::string_view why, instant now) const {
    if (!how_.events.heard()) return;
    constexpr std::string_view names[]{"local", "open", "closed"};
    event said;
    said.name = "rate_limit.store";
    said.level = up ? severity::info : severity::warn;
    const std::string_view mode = names[static_cast<std::size_t>(how_.options.on_store_failure)];
    said.message = up ? std::string("the shared store answers again")
                      : "the shared store gives no answer: " + std::string(why);
    said.fields = {{"keyPrefix", how_.key},
                   {"store", up ? "redis" : "redis-down"},
                   {"onStoreFailure", std::string(mode)}};
    said.at = now;
    how_.events.tell(std::move(said));
}

}  // namespace symphony
