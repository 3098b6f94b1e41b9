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

TEST(rate_limiter_narrow, a_pause_takes_the_place_of_an_allowance) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(5, start + 9s, start);
    limiter.pause(start + 2s, start);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 2s);
    EXPECT_EQ(admitted_at(limiter, start + 2s), 100);
}

TEST(rate_limiter_narrow, what_is_left_when_the_time_is_over_means_nothing) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(5, start + 1s, start);
    EXPECT_EQ(admitted_at(limiter, start + 2s), 100);
    limiter.narrow(5, start - 1s, start + 4s);
    EXPECT_EQ(admitted_at(limiter, start + 4s), 100);
}

TEST(rate_limiter_narrow, more_than_can_be_counted_says_nothing) {
    rate_limiter limiter = of_a_hundred(rate_strategy::sliding_window);
    limiter.narrow(65'536, start + 9s, start);
    EXPECT_EQ(admitted_at(limiter, start), 100);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 1s);
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
