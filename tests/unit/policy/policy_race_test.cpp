#include "symphony/policy/circuit_breaker.hpp"
#include "symphony/policy/rate_limiter.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

// 10 000 callers at the same instant: exactly the permitted number gets through.

namespace symphony {
namespace {

using namespace symphony::testing;

constexpr int threads = 8;
constexpr int callers_each = 1250;
constexpr int rounds = 20;

template <class Call>
int race(Call call) {
    std::atomic<int> through{0};
    std::barrier gate(threads);
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            gate.arrive_and_wait();
            int mine = 0;
            for (int i = 0; i < callers_each; ++i)
                mine += call(t) ? 1 : 0;
            through += mine;
        });
    }
    running.clear();
    return through;
}

TEST(policy_race, the_last_permits_of_a_limiter) {
    for (const rate_strategy strategy : {rate_strategy::sliding_window, rate_strategy::token_bucket,
                                         rate_strategy::leaky_bucket}) {
        rate_limit_options options;
        options.limits = {{17, 1s, 0}, {1'000'000, 1min, 0}};
        options.strategy = strategy;
        rate_limiter limiter(options);
        for (int round = 0; round < rounds; ++round) {
            const instant now = start + round * 1h;
            const int through = race([&](int t) {
                // Clocks as threads read them: not in order.
                return limiter.try_acquire(now + duration(t)).admitted();
            });
            ASSERT_EQ(through, strategy == rate_strategy::leaky_bucket ? 1 : 17) << round;
        }
    }
}

TEST(policy_race, the_probes_of_a_half_open_breaker) {
    circuit_breaker_options options;
    options.success_threshold = 3;
    circuit_breaker breaker(options);
    instant now = start;
    for (int i = 0; i < 5; ++i)
        breaker.try_acquire(now)->failure(now);
    for (int round = 0; round < rounds; ++round) {
        now += 1h;
        std::deque<circuit_permit> held[threads];
        const int through = race([&](int t) {
            auto got = breaker.try_acquire(now);
            if (!got) return false;
            held[t].push_back(std::move(*got));
            return true;
        });
        ASSERT_EQ(through, 3) << round;
        for (auto& mine : held) {
            for (circuit_permit& permit : mine)
                permit.failure(now);
        }
        ASSERT_EQ(breaker.inspect(now).state, circuit_state::open);
    }
}

TEST(policy_race, each_opening_is_told_once) {
    for (int round = 0; round < rounds; ++round) {
        std::atomic<int> openings{0};
        circuit_breaker breaker({.failure_threshold = 100}, [&](const circuit_transition& t) {
            openings += t.to == circuit_state::open ? 1 : 0;
        });
        const int through = race([&](int) {
            auto got = breaker.try_acquire(start);
            if (got) got->failure(start);
            return got.has_value();
        });
        ASSERT_GE(through, 100);
        ASSERT_LE(through, 100 + threads);
        ASSERT_EQ(openings, 1);
    }
}

// Queues, cancels, refunds and polls from all sides: every permit is granted once or not at all.
TEST(policy_race, every_queued_caller_is_granted_or_cancelled_and_never_both) {
    struct caller : rate_waiter {
        caller()
            : rate_waiter(
                  [](rate_waiter& w) noexcept { static_cast<caller&>(w).grants.fetch_add(1); }) {}
        std::atomic<int> grants{0};
        bool admitted = false;
        bool cancelled = false;
        bool queued_up = false;
    };
    rate_limit_options options;
    options.limits = {{1000, 1s, 0}};
    options.max_queue_size = 100'000;
    rate_limiter limiter(options);
    std::atomic<std::int64_t> clock{0};
    std::vector<std::deque<caller>> all(threads);
    for (auto& mine : all)
        mine.resize(callers_each);
    std::atomic<int> next[threads] = {};
    race([&](int t) {
        const instant now = start + duration(clock.fetch_add(10'000));
        caller& me = all[static_cast<std::size_t>(t)][static_cast<std::size_t>(next[t]++)];
        me.priority = static_cast<std::uint8_t>(t);
        const auto decision = limiter.acquire(now, me);
        me.admitted = decision.admitted();
        me.queued_up = decision.what == rate_decision::verdict::queued;
        if (next[t] % 3 == 0) me.cancelled = limiter.cancel(me, now);
        if (next[t] % 16 == 0) (void)limiter.poll(now);
        return me.admitted;
    });
    for (instant now = start + 1s; limiter.queued() > 0; now += 100ms)
        (void)limiter.poll(now);
    for (auto& mine : all) {
        for (caller& c : mine) {
            ASSERT_EQ((c.admitted ? 1 : 0) + (c.cancelled ? 1 : 0) + c.grants.load(), 1);
            ASSERT_EQ(c.admitted, !c.queued_up);
        }
    }
}

}  // namespace
}  // namespace symphony
