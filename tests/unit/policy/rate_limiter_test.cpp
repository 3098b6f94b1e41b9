#include "symphony/policy/rate_limiter.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace symphony {
namespace {

using namespace symphony::testing;
using verdict = rate_decision::verdict;

rate_limit_options limit(rate_strategy strategy, std::vector<rate_level> levels) {
    rate_limit_options options;
    options.limits = std::move(levels);
    options.strategy = strategy;
    return options;
}

int admitted_at_once(rate_limiter& limiter, instant now, int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i)
        count += limiter.try_acquire(now).admitted() ? 1 : 0;
    return count;
}

constexpr rate_strategy all_strategies[] = {
    rate_strategy::sliding_window, rate_strategy::token_bucket, rate_strategy::leaky_bucket};

TEST(rate_limiter, a_request_is_admitted_when_every_level_admits_it) {
    rate_limiter limiter(limit(rate_strategy::sliding_window, {{2, 1s, 0}, {3, 1min, 0}}));
    EXPECT_EQ(admitted_at_once(limiter, start, 5), 2);
    EXPECT_EQ(admitted_at_once(limiter, start + 1s, 5), 1);
    EXPECT_EQ(admitted_at_once(limiter, start + 2s, 5), 0);
    EXPECT_EQ(admitted_at_once(limiter, start + 1min, 5), 2);
}

TEST(rate_limiter, a_refusal_by_one_level_consumes_nothing_from_any_other) {
    for (const rate_strategy strategy : all_strategies) {
        if (strategy == rate_strategy::leaky_bucket) continue;
        rate_limiter limiter(limit(strategy, {{2, 1s, 0}, {10, 1min, 0}}));
        EXPECT_EQ(admitted_at_once(limiter, start, 1000), 2);
        EXPECT_EQ(limiter.look(start).levels[1].remaining, 8u);
    }
}

TEST(rate_limiter, the_per_second_and_per_minute_fields_are_levels) {
    rate_limit_options options;
    options.max_requests_per_second = 3;
    options.max_requests_per_minute = 4;
    rate_limiter limiter(options);
    EXPECT_EQ(admitted_at_once(limiter, start, 5), 3);
    const rate_decision second = limiter.try_acquire(start);
    EXPECT_EQ(second.level, 0);
    EXPECT_EQ(second.retry_after, 1s);
    EXPECT_EQ(admitted_at_once(limiter, start + 1s, 5), 1);
    const rate_decision minute = limiter.try_acquire(start + 1s);
    EXPECT_EQ(minute.what, verdict::refused);
    EXPECT_EQ(minute.level, 1);
    EXPECT_EQ(minute.retry_after, 59s);
}

TEST(rate_limiter, sliding_window_never_admits_more_than_max_in_any_window) {
    rate_limiter limiter(limit(rate_strategy::sliding_window, {{10, 1s, 0}}));
    EXPECT_EQ(admitted_at_once(limiter, start + 900ms, 20), 10);
    // A fixed window or two weighted counters would admit here.
    EXPECT_EQ(admitted_at_once(limiter, start + 1100ms, 20), 0);
    EXPECT_EQ(admitted_at_once(limiter, start + 1899999999ns, 20), 0);
    EXPECT_EQ(admitted_at_once(limiter, start + 1900ms, 20), 10);
}

TEST(rate_limiter, token_bucket_grants_a_burst_and_refills_continuously) {
    rate_limiter limiter(limit(rate_strategy::token_bucket, {{10, 1s, 3}}));
    EXPECT_EQ(admitted_at_once(limiter, start, 20), 3);
    EXPECT_EQ(admitted_at_once(limiter, start + 99999999ns, 20), 0);
    EXPECT_EQ(admitted_at_once(limiter, start + 100ms, 20), 1);
    EXPECT_EQ(admitted_at_once(limiter, start + 350ms, 20), 2);
    EXPECT_EQ(admitted_at_once(limiter, start + 1h, 20), 3);
}

TEST(rate_limiter, token_bucket_burst_defaults_to_max) {
    rate_limiter limiter(limit(rate_strategy::token_bucket, {{7, 1s, 0}}));
    EXPECT_EQ(admitted_at_once(limiter, start, 20), 7);
}

TEST(rate_limiter, leaky_bucket_admissions_leave_evenly) {
    rate_limiter limiter(limit(rate_strategy::leaky_bucket, {{10, 1s, 0}}));
    EXPECT_EQ(admitted_at_once(limiter, start, 5), 1);
    EXPECT_EQ(limiter.try_acquire(start + 1ms).retry_after, 99ms);
    EXPECT_EQ(admitted_at_once(limiter, start + 100ms, 5), 1);
    EXPECT_EQ(admitted_at_once(limiter, start + 10s, 5), 1);
}

TEST(rate_limiter, of_leaky_levels_the_largest_spacing_rules) {
    rate_limiter limiter(limit(rate_strategy::leaky_bucket, {{10, 1s, 0}, {60, 1min, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start).admitted());
    const rate_decision refused = limiter.try_acquire(start);
    EXPECT_EQ(refused.level, 1);
    EXPECT_EQ(refused.retry_after, 1s);
}

TEST(rate_limiter, a_caller_that_waits_exactly_retry_after_is_admitted) {
    for (const rate_strategy strategy : all_strategies) {
        // Nothing here divides evenly.
        rate_limiter limiter(limit(strategy, {{7, 1s + 1ns, 0}, {31, 6s + 7ns, 0}}));
        instant now = start;
        for (int i = 0; i < 10'000; ++i) {
            const rate_decision decision = limiter.try_acquire(now);
            if (decision.admitted()) continue;
            ASSERT_GT(decision.retry_after, 0ns);
            ASSERT_FALSE(limiter.try_acquire(now + decision.retry_after - 1ns).admitted());
            now += decision.retry_after;
            ASSERT_TRUE(limiter.try_acquire(now).admitted());
        }
    }
}

TEST(rate_limiter, a_request_may_cost_more_than_one) {
    for (const rate_strategy strategy :
         {rate_strategy::sliding_window, rate_strategy::token_bucket}) {
        rate_limiter limiter(limit(strategy, {{10, 1s, 0}}));
        EXPECT_TRUE(limiter.try_acquire(start, 7).admitted());
        EXPECT_EQ(limiter.try_acquire(start, 4).what, verdict::refused);
        EXPECT_TRUE(limiter.try_acquire(start, 3).admitted());
    }
    rate_limiter leaky(limit(rate_strategy::leaky_bucket, {{10, 1s, 0}}));
    EXPECT_TRUE(leaky.try_acquire(start, 5).admitted());
    EXPECT_EQ(leaky.try_acquire(start).retry_after, 500ms);
}

TEST(rate_limiter, a_cost_above_what_any_level_can_ever_grant_is_permanent) {
    for (const rate_strategy strategy : all_strategies) {
        rate_limiter limiter(limit(strategy, {{100, 1min, 0}, {10, 1s, 0}}));
        const rate_decision decision = limiter.try_acquire(start, 11);
        EXPECT_EQ(decision.what, verdict::never);
        EXPECT_EQ(decision.level, 1);
        EXPECT_EQ(limiter.try_acquire(start, 0xFFFFFFFF).what, verdict::never);
        EXPECT_TRUE(limiter.try_acquire(start, 10).admitted());
    }
    rate_limiter burst(limit(rate_strategy::token_bucket, {{100, 1s, 5}}));
    EXPECT_EQ(burst.try_acquire(start, 6).what, verdict::never);
}

TEST(rate_limiter, cost_0_is_a_look_that_changes_nothing) {
    for (const rate_strategy strategy : all_strategies) {
        rate_limiter limiter(limit(strategy, {{1, 1s, 0}}));
        for (int i = 0; i < 5; ++i)
            EXPECT_TRUE(limiter.try_acquire(start, 0).admitted());
        EXPECT_TRUE(limiter.try_acquire(start).admitted());
        EXPECT_EQ(limiter.try_acquire(start, 0).what, verdict::refused);
        EXPECT_EQ(limiter.try_acquire(start, 0).retry_after, 1s);
        rate_waiter waiter([](rate_waiter&) noexcept {});
        waiter.cost = 0;
        EXPECT_EQ(limiter.acquire(start, waiter).what, verdict::refused);
        EXPECT_EQ(limiter.queued(), 0u);
    }
}

TEST(rate_limiter, look_tells_what_remains_and_when_all_is_free_again) {
    rate_limiter sliding(limit(rate_strategy::sliding_window, {{10, 1s, 0}}));
    (void)sliding.try_acquire(start, 3);
    (void)sliding.try_acquire(start + 400ms, 2);
    auto level = sliding.look(start + 500ms).levels.at(0);
    EXPECT_EQ(level.max, 10u);
    EXPECT_EQ(level.window, 1s);
    EXPECT_EQ(level.remaining, 5u);
    EXPECT_EQ(level.reset, 900ms);
    EXPECT_EQ(sliding.look(start + 1s).levels.at(0).remaining, 8u);
    EXPECT_EQ(sliding.look(start + 1400ms).levels.at(0).remaining, 10u);
    EXPECT_EQ(sliding.look(start + 1400ms).levels.at(0).reset, 0ns);

    rate_limiter bucket(limit(rate_strategy::token_bucket, {{10, 1s, 0}}));
    (void)bucket.try_acquire(start, 6);
    level = bucket.look(start + 150ms).levels.at(0);
    EXPECT_EQ(level.remaining, 5u);
    EXPECT_EQ(level.reset, 450ms);

    rate_limiter leaky(limit(rate_strategy::leaky_bucket, {{10, 1s, 0}}));
    (void)leaky.try_acquire(start);
    EXPECT_EQ(leaky.look(start + 99ms).levels.at(0).remaining, 0u);
    EXPECT_EQ(leaky.look(start + 100ms).levels.at(0).remaining, 1u);
}

TEST(rate_limiter, a_level_above_100_000_is_exact_to_a_thousandth_of_its_window) {
    constexpr std::uint64_t max = 150'000;
    rate_limiter limiter(limit(rate_strategy::sliding_window, {{max, 1s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start, max).admitted());
    const rate_decision refused = limiter.try_acquire(start);
    EXPECT_GE(refused.retry_after, 1s);
    EXPECT_LE(refused.retry_after, 1001ms);
    EXPECT_FALSE(limiter.try_acquire(start + refused.retry_after - 1ns).admitted());
    EXPECT_TRUE(limiter.try_acquire(start + refused.retry_after, max).admitted());
}

TEST(rate_limiter, an_idle_limiter_holds_at_most_512_bytes) {
    for (const rate_strategy strategy : all_strategies) {
        rate_limit_options options;
        options.max_requests_per_second = 50'000;
        options.max_requests_per_minute = 600'000;
        options.strategy = strategy;
        rate_limiter limiter(options);
        EXPECT_LE(limiter.memory(), 512u);
        instant now = start;
        for (int i = 0; i < 50'000; ++i)
            (void)limiter.try_acquire(now += 1us);
        if (strategy == rate_strategy::sliding_window) {
            EXPECT_GE(limiter.memory(), 50'000u * 8);
        }
        limiter.trim(now + 30s);
        limiter.trim(now + 61s);
        EXPECT_LE(limiter.memory(), 512u);
    }
}

TEST(rate_limiter, a_key_that_is_used_now_and_then_holds_at_most_256_bytes) {
    rate_limit_options options;
    options.max_requests_per_second = 100;
    options.max_requests_per_minute = 6000;
    for (const rate_strategy strategy : all_strategies) {
        options.strategy = strategy;
        rate_limiter limiter(options);
        for (int i = 0; i < 100; ++i)
            ASSERT_TRUE(limiter.try_acquire(start + i * 30s).admitted());
        EXPECT_LE(limiter.memory(), 256u);
    }
}

TEST(rate_limiter, the_history_is_allocated_as_used) {
    rate_limiter limiter(limit(rate_strategy::sliding_window, {{100'000, 1min, 0}}));
    for (int i = 0; i < 100; ++i)
        (void)limiter.try_acquire(start);
    EXPECT_LE(limiter.memory(), 512u + 128 * 8);
}

TEST(rate_limiter, times_at_the_ends_of_the_range_saturate) {
    for (const rate_strategy strategy : all_strategies) {
        rate_limiter limiter(
            limit(strategy, {{1, std::chrono::days(31), 0}, {1'000'000'000, 1ms, 0}}));
        (void)limiter.try_acquire(instant::min());
        (void)limiter.look(instant::min());
        limiter.pause(instant::max(), instant::min());
        (void)limiter.try_acquire(instant::max());
        EXPECT_EQ(limiter.try_acquire(start).what, verdict::refused);
        limiter.refund(instant::max(), 1, instant::max());
        (void)limiter.look(instant::max());
    }
}

TEST(rate_limiter, a_clock_reading_older_than_the_newest_admission_counts_as_it) {
    rate_limiter limiter(limit(rate_strategy::sliding_window, {{2, 1s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start + 10ms).admitted());
    EXPECT_TRUE(limiter.try_acquire(start).admitted());
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 1s);
}

TEST(rate_limiter, impossible_options_throw) {
    EXPECT_THROW(rate_limiter{rate_limit_options{}}, std::invalid_argument);
}

}  // namespace
}  // namespace symphony
