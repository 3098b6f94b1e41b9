#include "symphony/policy/rate_limiter.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

// A server says how much is left until when: no more is admitted until then.

namespace symphony {
namespace {

using namespace symphony::testing;
using verdict = rate_decision::verdict;

constexpr std::array strategies{rate_strategy::sliding_window, rate_strategy::token_bucket};

rate_limit_options limit(rate_strategy strategy, std::vector<rate_level> levels) {
    rate_limit_options options;
    options.limits = std::move(levels);
    options.strategy = strategy;
    return options;
}

rate_limiter of_a_hundred(rate_strategy strategy) {
    return rate_limiter(limit(strategy, {{100, 1s, 0}}));
}

int admitted_at(rate_limiter& limiter, instant now) {
    int count = 0;
    while (limiter.try_acquire(now).admitted())
        ++count;
    return count;
}

TEST(rate_limiter_narrow, no_more_is_admitted_than_is_left_until_the_stated_moment) {
    for (const rate_strategy strategy : strategies) {
        rate_limiter limiter = of_a_hundred(strategy);
        limiter.narrow(3, start + 5s, start);
        EXPECT_EQ(admitted_at(limiter, start + 1s), 3);
        const rate_decision refused = limiter.try_acquire(start + 2s);
        EXPECT_EQ(refused.what, verdict::refused);
        EXPECT_EQ(refused.retry_after, 3s);
        EXPECT_EQ(admitted_at(limiter, start + 5s - 1ns), 0);
        EXPECT_EQ(admitted_at(limiter, start + 5s), 100);
    }
}

TEST(rate_limiter_narrow, even_spacing_stays_even) {
    rate_limiter limiter = of_a_hundred(rate_strategy::leaky_bucket);
    limiter.narrow(2, start + 5s, start);
    EXPECT_EQ(admitted_at(limiter, start), 1);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 10ms);
    EXPECT_EQ(admitted_at(limiter, start + 10ms), 1);
    EXPECT_EQ(limiter.try_acquire(start + 20ms).retry_after, 5s - 20ms);
    EXPECT_EQ(admitted_at(limiter, start + 5s), 1);
}

TEST(rate_limiter_narrow, never_widens_a_configured_limit) {
    for (const rate_strategy strategy : strategies) {
        rate_limiter limiter(limit(strategy, {{2, 1s, 0}}));
        limiter.narrow(50, start + 100ms, start);
        EXPECT_EQ(admitted_at(limiter, start), 2);
        EXPECT_EQ(admitted_at(limiter, start + 100ms), 0);
    }
}

TEST(rate_limiter_narrow, the_latest_word_counts) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(2, start + 5s, start);
    limiter.narrow(7, start + 1s, start);
    EXPECT_EQ(admitted_at(limiter, start), 7);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 1s);
}

TEST(rate_limiter_narrow, what_is_used_up_is_a_pause_and_a_pause_holds_against_any_other_word) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(1, start + 5s, start);
    EXPECT_EQ(admitted_at(limiter, start), 1);
    limiter.narrow(9, start + 1s, start);
    EXPECT_EQ(admitted_at(limiter, start + 1s), 0);
    limiter.narrow(2, start + 7s, start + 5s);
    EXPECT_EQ(admitted_at(limiter, start + 5s), 2);
}

TEST(rate_limiter_narrow, nothing_left_is_a_pause) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(0, start + 5s, start);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 5s);
}

TEST(rate_limiter_narrow, a_shorter_pause_and_an_allowance_both_hold) {
    for (const bool pause_first : {false, true}) {
        rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
        if (pause_first) limiter.pause(start + 2s, start);
        limiter.narrow(5, start + 9s, start);
        if (!pause_first) limiter.pause(start + 2s, start);
        EXPECT_EQ(limiter.try_acquire(start).retry_after, 2s);
        EXPECT_EQ(admitted_at(limiter, start + 2s), 5);
        EXPECT_EQ(limiter.try_acquire(start + 2s).retry_after, 7s);
    }
}

TEST(rate_limiter_narrow, a_permit_that_was_not_used_is_left_again) {
    for (const rate_strategy strategy : strategies) {
        rate_limiter limiter = of_a_hundred(strategy);
        EXPECT_TRUE(limiter.try_acquire(start, 3).admitted());
        limiter.narrow(2, start + 9s, start + 10ms);
        EXPECT_EQ(admitted_at(limiter, start + 20ms), 2);
        limiter.refund(start + 20ms, 1, start + 30ms);
        EXPECT_EQ(admitted_at(limiter, start + 30ms), 1);
        limiter.refund(start, 3, start + 40ms);
        EXPECT_EQ(admitted_at(limiter, start + 40ms), 0) << "the server had not counted it";
    }
}

TEST(rate_limiter_narrow, what_is_left_when_the_time_is_over_means_nothing) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(5, start + 1s, start);
    EXPECT_EQ(admitted_at(limiter, start + 2s), 100);
    limiter.narrow(5, start - 1s, start + 4s);
    EXPECT_EQ(admitted_at(limiter, start + 4s), 100);
}

TEST(rate_limiter_narrow, what_is_left_can_be_asked_for) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    EXPECT_FALSE(limiter.narrowed(start));
    limiter.narrow(UINT64_MAX, start + 9s, start);
    EXPECT_TRUE(limiter.try_acquire(start, 7).admitted());
    limiter.trim(start);
    ASSERT_TRUE(limiter.narrowed(start));
    EXPECT_EQ(limiter.narrowed(start)->left, UINT64_MAX - 7);
    EXPECT_EQ(limiter.narrowed(start)->until, start + 9s);
    EXPECT_FALSE(limiter.narrowed(start + 9s));
}

// Of more than 64 a plan is kept otherwise.
TEST(rate_limiter_narrow, a_long_queue_is_foretold_by_permits_and_by_rank) {
    rate_limit_options options = limit(rate_strategy::token_bucket, {{1000, 1s, 0}});
    rate_limiter limiter(options);
    EXPECT_TRUE(limiter.try_acquire(start, 1000).admitted());
    std::deque<rate_waiter> waiters;
    const auto enqueue = [&](std::uint32_t cost, std::uint8_t priority, instant latest) {
        rate_waiter& waiter = waiters.emplace_back([](rate_waiter&) noexcept {});
        waiter.cost = cost;
        waiter.priority = priority;
        waiter.latest = latest;
        return limiter.acquire(start, waiter);
    };
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(enqueue(10, 5, instant::max()).what, verdict::queued);
    limiter.narrow(505, start + 60s, start);
    EXPECT_EQ(limiter.try_acquire(start, 10).retry_after, 60s);
    EXPECT_EQ(enqueue(10, 5, start + 50s).what, verdict::refused);
    EXPECT_EQ(enqueue(10, 0, start + 10s).what, verdict::queued);
    EXPECT_EQ(limiter.poll(start + 5s), start + 60s);
    EXPECT_EQ(waiters.back().granted_at, start + 5s);
    EXPECT_EQ(limiter.queued(), 51u);
    for (rate_waiter& waiter : waiters)
        limiter.cancel(waiter, start + 5s);
}

TEST(rate_limiter_narrow, a_cost_above_what_is_left_waits_for_the_stated_moment) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(5, start + 3s, start);
    EXPECT_EQ(limiter.try_acquire(start, 6).retry_after, 3s);
    EXPECT_TRUE(limiter.try_acquire(start, 4).admitted());
    EXPECT_EQ(limiter.try_acquire(start, 2).retry_after, 3s);
    EXPECT_TRUE(limiter.try_acquire(start).admitted());
    EXPECT_EQ(limiter.try_acquire(start, 0).retry_after, 3s);
    EXPECT_TRUE(limiter.try_acquire(start + 3s, 6).admitted());
}

TEST(rate_limiter_narrow, those_who_wait_go_in_order_as_far_as_it_reaches) {
    rate_limiter limiter(limit(rate_strategy::sliding_window, {{10, 1s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start, 10).admitted());
    std::deque<rate_waiter> waiters;
    for (int i = 0; i < 6; ++i) {
        rate_waiter& waiter = waiters.emplace_back([](rate_waiter&) noexcept {});
        EXPECT_EQ(limiter.acquire(start, waiter).what, verdict::queued);
    }
    limiter.narrow(4, start + 5s, start);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 5s);
    EXPECT_EQ(limiter.poll(start + 1s), start + 5s);
    EXPECT_EQ(limiter.queued(), 2u);
    EXPECT_EQ(limiter.try_acquire(start + 1s).retry_after, 4s);
    EXPECT_EQ(limiter.poll(start + 5s), std::nullopt);
    for (std::size_t i = 0; i < waiters.size(); ++i)
        EXPECT_EQ(waiters[i].granted_at, i < 4 ? start + 1s : start + 5s);
}

TEST(rate_limiter_narrow, is_seen) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(5, start + 3s, start);
    EXPECT_TRUE(limiter.try_acquire(start).admitted());
    EXPECT_EQ(limiter.look(start).levels[0].remaining, 4u);
    EXPECT_EQ(limiter.look(start).levels[0].reset, 3s);
    EXPECT_EQ(limiter.look(start + 3s).levels[0].remaining, 100u);
}

}  // namespace
}  // namespace symphony
