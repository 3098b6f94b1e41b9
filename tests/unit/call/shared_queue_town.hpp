#pragma once

#include "call/shared_queue.hpp"
#include "support/awaited.hpp"
#include "symphony/store/memory_rate_store.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace symphony::call_testing {

/// Several processes before one store, each with its queue; the store is the real one. What is sent
/// arrives in order after a way, and so do the answers. Time is moved by `run`.
class queue_town : public ::testing::Test {
protected:
    struct waiter final : shared_waiter {
        explicit waiter(std::uint32_t permits) : shared_waiter([](rate_waiter&) noexcept {}) {
            cost = permits;
        }
        instant arrived{};
        std::optional<instant> granted;
        std::optional<instant> refused;
        rate_decision why{};
        bool timed = false;  // its time was up, and it was told
    };
    using caller = std::shared_ptr<waiter>;

    struct process {
        explicit process(queue_town& town)
            : queue(town.options, std::nullopt), limit(town.limit_of(town.options)) {}
        shared_queue queue;
        shared_limit limit;
        rate_limit_options next{};
        std::vector<caller> callers;
        std::vector<instant> uses;
        std::vector<const waiter*> order;  // in which they were granted
        std::size_t claims = 0;
        std::size_t refunds = 0;
        std::size_t pauses = 0;
        duration way = std::chrono::microseconds(150);
        std::function<duration()> way_back;  // else as `way`
        instant last_answer = instant::min();
    };

    void limit(std::uint64_t max, duration window,
               rate_strategy strategy = rate_strategy::sliding_window) {
        options.strategy = strategy;
        options.limits = {{max, window, 0}};
    }
    process& join() { return *processes.emplace_back(std::make_unique<process>(*this)); }

    caller arrive(process& in, std::uint32_t cost = 1, std::uint8_t priority = 5,
                  instant latest = instant::max()) {
        caller made = std::make_shared<waiter>(cost);
        made->latest = latest;
        made->priority = priority;
        made->arrived = now();
        in.callers.push_back(made);
        shared_actions then;
        in.queue.number(*made);
        const rate_decision told = in.queue.add(now(), *made, then);
        if (told.what != rate_decision::verdict::queued) {
            made->refused = now();
            made->why = told;
        }
        play(in, then);
        return made;
    }
    void leave(process& in, const caller& who) {
        shared_actions then;
        if (in.queue.remove(now(), *who, then)) who->refused = now();
        play(in, then);
    }
    /// A server tells this process to wait.
    void pause(process& in, duration length) {
        shared_actions then;
        const bool tell = in.queue.pause(now(), now() + length, then);
        play(in, then);
        if (tell) tell_pause(in, length);
    }
    /// The store is back, empty: as after an outage.
    void resume(process& in) {
        (void)in.queue.abandon();
        store.emplace(clock);
        step(in, [&](auto& then) { in.queue.resume(now(), duration::zero(), then); });
    }
    /// A reload in one process.
    void change(process& in, std::uint64_t max, duration window) {
        in.next = options;
        in.next.limits = {{max, window, 0}};
        step(in, [&](auto& then) { in.queue.reconfigure(now(), in.next, std::nullopt, then); });
        step(in, [&](auto& then) { in.queue.tick(now(), then); });
    }

    void run(duration length) { run_to(now() + length); }

    [[nodiscard]] instant now() const { return clock.now(); }
    /// Of the first level, by the store.
    [[nodiscard]] std::uint64_t free_in_store(const process& in) {
        return test_support::awaited(store->look(in.limit))->levels.at(0).remaining;
    }
    /// How long a newcomer of this process would wait there.
    [[nodiscard]] duration wait_in_store(const process& in) {
        rate_claim none;
        none.cost = 0;
        return test_support::awaited(store->claim(in.limit, none))->wait;
    }
    [[nodiscard]] static std::size_t granted(const process& in) {
        return static_cast<std::size_t>(std::ranges::count_if(
            in.callers, [](const caller& one) { return one->granted.has_value(); }));
    }
    /// The numbers of its callers in the order in which they were granted.
    [[nodiscard]] static std::vector<std::size_t> order_of(const process& in) {
        std::vector<std::size_t> made;
        for (const waiter* who : in.order) {
            const auto found = std::ranges::find(in.callers, who, &caller::get);
            made.push_back(static_cast<std::size_t>(found - in.callers.begin()));
        }
        return made;
    }
    void expect_no_window_above(std::uint64_t max, duration window) const {
        std::vector<instant> uses;
        for (const auto& in : processes)
            uses.insert(uses.end(), in->uses.begin(), in->uses.end());
        std::ranges::sort(uses);
        for (std::size_t i = max; i < uses.size(); ++i)
            ASSERT_GE(uses[i] - uses[i - max], window) << i;
    }

    rate_limit_options options;
    symphony::testing::manual_clock clock;
    std::optional<memory_rate_store> store{std::in_place, clock};
    std::vector<std::unique_ptr<process>> processes;

private:
    [[nodiscard]] static shared_limit limit_of(const rate_limit_options& of) {
        return {"k", of.strategy, of.levels()};
    }
    void at(duration later, std::function<void()> what) {
        events_.emplace(now() + later, std::move(what));
    }
    template <class Step>
    void step(process& in, Step what) {
        shared_actions then;
        what(then);
        play(in, then);
    }

    // Answers come in the order in which they were given.
    void answer(process& in, std::function<void(shared_actions&)> what) {
        const duration back = in.way_back ? in.way_back() : in.way;
        in.last_answer = std::max(in.last_answer, now() + back);
        at(in.last_answer - now(), [this, &in, what = std::move(what)] { step(in, what); });
    }

    void tell_pause(process& in, duration length) {
        ++in.pauses;
        at(in.way, [this, &in, length] {
            (void)test_support::awaited(store->pause(in.limit, length));
            at(in.way,
               [this, &in] { step(in, [&](auto& then) { in.queue.pause_told(now(), then); }); });
        });
    }

    void play(process& in, const shared_actions& then) {
        const shared_limit before = in.limit;
        if (then.turned_over) in.limit = limit_of(in.next);
        for (const auto& grant : then.grants) {
            auto& who = static_cast<waiter&>(*grant.who);
            ASSERT_FALSE(who.granted || who.refused) << "told twice";
            who.granted = now();
            in.uses.insert(in.uses.end(), who.cost, now());
            in.order.push_back(&who);
        }
        for (const auto& refusal : then.refusals) {
            auto& who = static_cast<waiter&>(*refusal.who);
            ASSERT_FALSE(who.granted || who.refused) << "told twice";
            who.refused = now();
            who.why = refusal.why;
        }
        for (const auto& refund : then.refunds) {
            ++in.refunds;
            at(in.way, [this, &in, before, refund] {
                const bool taken = *test_support::awaited(store->give_back(before, refund));
                if (!refund.awaited) return;
                answer(in, [&in, this, ticket = refund.ticket, taken](shared_actions& then) {
                    in.queue.returned(now(), ticket, taken, then);
                });
            });
        }
        if (then.tell_pause) tell_pause(in, *then.tell_pause);
        for (const auto& claim : then.claims) {
            ++in.claims;
            at(in.way, [this, &in, claim, of = in.limit] {
                rate_grant got = *test_support::awaited(store->claim(of, claim.what));
                got.instances = static_cast<std::uint32_t>(processes.size());
                answer(in, [&in, this, id = claim.id, got](shared_actions& then) {
                    in.queue.answer(now(), id, got, then);
                });
            });
        }
    }

    [[nodiscard]] instant next_event(instant until) const {
        instant next = until;
        if (!events_.empty()) next = std::min(next, events_.begin()->first);
        for (const auto& in : processes) {
            if (const auto due = in->queue.next(now())) next = std::min(next, *due);
            for (const caller& one : in->callers) {
                if (!one->timed) next = std::min(next, one->queue_until);
            }
        }
        return std::max(next, now());
    }

    void run_to(instant until) {
        for (;;) {
            const instant next = next_event(until);
            std::vector<process*> due;
            for (const auto& in : processes) {
                if (const auto at = in->queue.next(now()); at && *at <= next)
                    due.push_back(in.get());
            }
            clock.advance(next - now());
            for (const auto& in : processes) {
                for (const caller& one : in->callers) {
                    if (one->timed || one->queue_until > now()) continue;
                    one->timed = true;
                    if (one->granted || one->refused) continue;
                    step(*in, [&](auto& then) { in->queue.time_is_up(now(), *one, then); });
                }
            }
            if (!events_.empty() && events_.begin()->first <= now()) {
                const auto what = std::move(events_.begin()->second);
                events_.erase(events_.begin());
                what();
            }
            for (process* const in : due)
                step(*in, [&](auto& then) { in->queue.tick(now(), then); });
            const bool idle = events_.empty() || events_.begin()->first > now();
            if (now() >= until && idle) return;
        }
    }

    std::multimap<instant, std::function<void()>> events_;
};

}  // namespace symphony::call_testing
