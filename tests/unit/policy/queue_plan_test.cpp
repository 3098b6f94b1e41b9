#include "policy/queue_plan.hpp"

#include "symphony/core/random.hpp"
#include "symphony/policy/rate_limiter.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <optional>

// Queues too long to be played forward for each newcomer: what is foretold holds all the same.

namespace symphony {
namespace {

using namespace symphony::testing;
using verdict = rate_decision::verdict;

struct long_queue {
    explicit long_queue(std::uint64_t seed) : source(seed), limiter(options()) {
        while (limiter.try_acquire(now, cost).admitted()) {
        }
        for (int i = 0; i < 80; ++i)
            enqueue();
    }
    ~long_queue() {
        for (rate_waiter& w : waiters)
            limiter.cancel(w, now);
    }
    std::uint64_t roll(std::uint64_t low, std::uint64_t high) {
        return low + source.next() % (high - low + 1);
    }
    duration ms(std::uint64_t low, std::uint64_t high) {
        return std::chrono::milliseconds(roll(low, high));
    }
    rate_limit_options options() {
        rate_limit_options made;
        made.strategy = static_cast<rate_strategy>(roll(0, 2));
        cost = static_cast<std::uint32_t>(roll(1, 3));
        for (std::uint64_t i = 0; i <= roll(0, 2); ++i)
            made.limits.push_back({roll(3, 12), ms(100, 3000) + duration(roll(0, 5)), 0});
        if (roll(0, 3) == 0) made.limits.push_back({roll(100'001, 200'000), 1s, 0});
        made.max_queue_size = 10'000;
        return made;
    }
    void enqueue() {
        rate_waiter& w = waiters.emplace_back([](rate_waiter&) noexcept {});
        w.cost = cost;
        w.priority = static_cast<std::uint8_t>(roll(4, 6));
        (void)limiter.acquire(now, w);  // at once, where the queue has run out
    }
    void enqueue_or_cancel() {
        if (roll(0, 1) == 0) {
            limiter.cancel(waiters[roll(0, waiters.size() - 1)], now);
        } else {
            enqueue();
        }
    }
    void play_until(instant end) {
        for (auto next = limiter.next_poll(now); next && *next <= end;
             next = limiter.next_poll(now)) {
            now = std::max(now, *next);
            (void)limiter.poll(now);
        }
        now = end;
    }
    [[nodiscard]] duration told() { return limiter.try_acquire(now, cost).retry_after; }

    fast_random source;
    std::uint32_t cost = 1;
    instant now = start;
    rate_limiter limiter;
    std::deque<rate_waiter> waiters;
};

TEST(queue_plan, what_is_foretold_is_exact_while_grants_are_punctual) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        SCOPED_TRACE(seed);
        long_queue q(seed);
        for (int i = 0; i < 60; ++i) {
            q.enqueue_or_cancel();
            q.play_until(q.now + q.ms(0, 60));
            (void)q.told();
        }
        if (q.limiter.queued() == 0) continue;
        const instant due = q.now + q.told();
        q.play_until(due - 1ns);
        ASSERT_FALSE(q.limiter.try_acquire(q.now, q.cost).admitted()) << "sooner than told";
        q.play_until(due);
        ASSERT_TRUE(q.limiter.try_acquire(q.now, q.cost).admitted()) << "later than told";
    }
}

TEST(queue_plan, whoever_waits_as_told_is_admitted_whatever_happened_before) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        SCOPED_TRACE(seed);
        long_queue q(seed);
        for (int i = 0; i < 60; ++i) {
            q.enqueue_or_cancel();
            q.now += q.ms(0, 60);
            (void)q.limiter.poll(q.now);  // late
            if (q.roll(0, 9) == 0) q.limiter.pause(q.now + q.ms(0, 200), q.now);
            const rate_waiter& some = q.waiters[q.roll(0, q.waiters.size() - 1)];
            if (q.roll(0, 9) == 0 && some.granted_at == q.now)
                q.limiter.refund(some.granted_at, some.cost, q.now);
            (void)q.told();
        }
        (void)q.limiter.poll(q.now);
        if (q.limiter.queued() == 0) continue;
        const instant due = q.now + q.told();
        q.play_until(due);
        ASSERT_TRUE(q.limiter.try_acquire(q.now, q.cost).admitted()) << "later than told";
    }
}

TEST(queue_plan, a_wait_of_a_long_queue_that_is_too_long_is_refused_at_once) {
    rate_limit_options options;
    options.limits = {{1, 1s, 0}};
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    std::deque<rate_waiter> waiters;
    for (int i = 0; i < 200; ++i)
        (void)limiter.acquire(start, waiters.emplace_back([](rate_waiter&) noexcept {}));
    rate_waiter newcomer([](rate_waiter&) noexcept {});
    newcomer.latest = start + 201s - 1ns;
    EXPECT_EQ(limiter.acquire(start, newcomer).what, verdict::refused);
    EXPECT_TRUE(limiter.cancel(waiters[100], start));
    EXPECT_EQ(limiter.acquire(start, newcomer).what, verdict::queued);
    limiter.cancel(newcomer, start);
    for (rate_waiter& w : waiters)
        limiter.cancel(w, start);
}

TEST(queue_plan, different_costs_are_foretold_exactly_too) {
    rate_limit_options options;
    options.limits = {{2, 1s, 0}};
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start, 2);
    std::deque<rate_waiter> waiters;
    for (int i = 0; i < 100; ++i) {
        rate_waiter& w = waiters.emplace_back([](rate_waiter&) noexcept {});
        w.cost = i == 0 ? 2 : 1;
        (void)limiter.acquire(start, w);
    }
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 51s);
    for (rate_waiter& w : waiters)
        limiter.cancel(w, start);
}

TEST(queue_plan, is_spent_when_none_of_its_cost_is_left) {
    std::deque<rate_waiter> waiters;
    detail::wait_queue queue;
    for (int i = 0; i < 3; ++i) {
        rate_waiter& w = waiters.emplace_back([](rate_waiter&) noexcept {});
        w.cost = i == 0 ? 5 : 1;
        queue.push(w);
    }
    detail::queue_plan plan(queue);
    EXPECT_FALSE(plan.is_spent());
    plan.on_cancel(waiters[0]);
    EXPECT_TRUE(plan.is_spent()) << "another, of what most cost, may take its place";
    for (rate_waiter& w : waiters)
        queue.remove(w);
}

}  // namespace
}  // namespace symphony
