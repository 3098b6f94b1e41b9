#include "symphony/policy/rate_limiter.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>

// What comes from outside while a limiter runs: refunds, server hints, new options.

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

constexpr auto sliding = rate_strategy::sliding_window;
constexpr auto token = rate_strategy::token_bucket;
constexpr auto leaky = rate_strategy::leaky_bucket;

TEST(rate_limiter_refund, a_permit_goes_back) {
    for (const rate_strategy strategy : {sliding, token, leaky}) {
        rate_limiter limiter(limit(strategy, {{1, 1s, 0}, {30, 30s, 0}}));
        EXPECT_TRUE(limiter.try_acquire(start).admitted());
        EXPECT_FALSE(limiter.try_acquire(start + 1ms).admitted());
        limiter.refund(start, 1, start + 1ms);
        EXPECT_TRUE(limiter.try_acquire(start + 1ms).admitted());
        EXPECT_FALSE(limiter.try_acquire(start + 1ms).admitted());
    }
}

TEST(rate_limiter_refund, an_older_permit_of_a_window_goes_back_too) {
    rate_limiter limiter(limit(sliding, {{3, 1s, 0}}));
    for (int i = 0; i < 3; ++i)
        (void)limiter.try_acquire(start + i * 10ms);
    limiter.refund(start + 10ms, 1, start + 50ms);
    EXPECT_TRUE(limiter.try_acquire(start + 50ms).admitted());
    EXPECT_EQ(limiter.try_acquire(start + 50ms).retry_after, 950ms);
    EXPECT_TRUE(limiter.try_acquire(start + 1s).admitted());
    EXPECT_EQ(limiter.try_acquire(start + 1s).retry_after, 20ms);
}

TEST(rate_limiter_refund, a_permit_out_of_every_window_gives_nothing) {
    rate_limiter limiter(limit(sliding, {{1, 1s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start).admitted());
    EXPECT_TRUE(limiter.try_acquire(start + 1s).admitted());
    limiter.refund(start, 1, start + 1s);
    EXPECT_FALSE(limiter.try_acquire(start + 1s).admitted());
}

TEST(rate_limiter_refund, a_bucket_that_overflowed_since_gets_nothing) {
    rate_limiter limiter(limit(token, {{2, 1s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start).admitted());
    EXPECT_TRUE(limiter.try_acquire(start + 10s, 2).admitted());
    limiter.refund(start, 1, start + 10s);
    EXPECT_FALSE(limiter.try_acquire(start + 10s).admitted());
}

TEST(rate_limiter_refund, an_even_spacing_that_others_were_fitted_to_gets_nothing) {
    rate_limiter limiter(limit(leaky, {{10, 1s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start).admitted());
    EXPECT_TRUE(limiter.try_acquire(start + 100ms).admitted());
    limiter.refund(start, 1, start + 110ms);
    EXPECT_EQ(limiter.try_acquire(start + 110ms).retry_after, 90ms);
    limiter.refund(start + 100ms, 1, start + 110ms);
    EXPECT_TRUE(limiter.try_acquire(start + 110ms).admitted());
}

TEST(rate_limiter_refund, large_levels_take_permits_back) {
    rate_limiter limiter(limit(sliding, {{200'000, 1s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start, 150'000).admitted());
    EXPECT_TRUE(limiter.try_acquire(start + 300ms, 50'000).admitted());
    limiter.refund(start, 100'000, start + 400ms);
    EXPECT_EQ(limiter.look(start + 400ms).levels[0].remaining, 100'000u);
    EXPECT_TRUE(limiter.try_acquire(start + 400ms, 100'000).admitted());
    EXPECT_FALSE(limiter.try_acquire(start + 400ms).admitted());
}

TEST(rate_limiter_refund, a_permit_counted_at_a_later_moment_than_its_caller_read_goes_back) {
    rate_limiter limiter(limit(sliding, {{2, 1s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start + 10us).admitted());
    EXPECT_TRUE(limiter.try_acquire(start + 5us).admitted());
    limiter.refund(start + 5us, 1, start + 20us);
    EXPECT_TRUE(limiter.try_acquire(start + 20us).admitted());
    EXPECT_FALSE(limiter.try_acquire(start + 20us).admitted());
}

TEST(rate_limiter_pause, nothing_is_admitted_before_the_stated_moment) {
    for (const rate_strategy strategy : {sliding, token, leaky}) {
        rate_limiter limiter(limit(strategy, {{10, 1s, 0}}));
        limiter.pause(start + 5s, start);
        const rate_decision refused = limiter.try_acquire(start + 1s);
        EXPECT_EQ(refused.what, verdict::refused);
        EXPECT_EQ(refused.retry_after, 4s);
        EXPECT_EQ(limiter.look(start + 1s).levels[0].remaining, 0u);
        EXPECT_EQ(limiter.look(start + 1s).levels[0].reset, 4s);
        EXPECT_TRUE(limiter.try_acquire(start + 5s).admitted());
    }
}

TEST(rate_limiter_pause, a_hint_never_widens_a_configured_limit) {
    rate_limiter limiter(limit(sliding, {{1, 10s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start).admitted());
    limiter.pause(start + 1s, start);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 10s);
    EXPECT_FALSE(limiter.try_acquire(start + 1s).admitted());
}

TEST(rate_limiter_pause, an_earlier_hint_never_shortens_a_later_one) {
    rate_limiter limiter(limit(sliding, {{1, 1s, 0}}));
    limiter.pause(start + 5s, start);
    limiter.pause(start + 2s, start);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 5s);
}

TEST(rate_limiter_pause, queued_callers_go_in_order_when_it_ends) {
    rate_limiter limiter(limit(sliding, {{2, 1s, 0}}));
    limiter.pause(start + 5s, start);
    rate_waiter first([](rate_waiter&) noexcept {});
    rate_waiter second([](rate_waiter&) noexcept {});
    EXPECT_EQ(limiter.acquire(start, first).retry_after, 5s);
    EXPECT_EQ(limiter.acquire(start, second).retry_after, 5s);
    EXPECT_EQ(limiter.poll(start + 5s), std::nullopt);
    EXPECT_EQ(first.granted_at, start + 5s);
    EXPECT_EQ(second.granted_at, start + 5s);
}

TEST(rate_limiter_reconfigure, what_is_already_used_carries_over) {
    for (const rate_strategy strategy : {sliding, token}) {
        rate_limiter limiter(limit(strategy, {{10, 1s, 0}}));
        EXPECT_TRUE(limiter.try_acquire(start, 4).admitted());
        limiter.reconfigure(limit(strategy, {{6, 1s, 0}}), start);
        EXPECT_EQ(limiter.look(start).levels[0].remaining, 2u);
        limiter.reconfigure(limit(strategy, {{3, 1s, 0}}), start);
        EXPECT_EQ(limiter.look(start).levels[0].remaining, 0u);
        limiter.reconfigure(limit(strategy, {{10, 1s, 0}, {100, 1min, 0}}), start);
        EXPECT_LE(limiter.look(start).levels[0].remaining, strategy == sliding ? 6u : 7u);
    }
}

TEST(rate_limiter_reconfigure, a_bucket_of_another_size_of_a_later_level_is_a_change) {
    rate_limiter limiter(limit(token, {{10, 1s, 2}, {100, 1min, 20}}));
    EXPECT_TRUE(limiter.try_acquire(start, 2).admitted());
    limiter.reconfigure(limit(token, {{10, 1s, 2}, {100, 1min, 30}}), start);
    EXPECT_EQ(limiter.look(start).levels[1].remaining, 28u);
}

TEST(rate_limiter_reconfigure, a_bucket_that_takes_ages_to_fill_grants_what_is_configured) {
    rate_limiter limiter(limit(token, {{1, std::chrono::days(31), 1'000'000}}));
    EXPECT_TRUE(limiter.try_acquire(start, 1'000'000).admitted());
    EXPECT_EQ(limiter.try_acquire(start, 1'000'001).what, verdict::never);
    limiter.reconfigure(limit(token, {{1, std::chrono::days(31), 2'000'000}}), start);
    EXPECT_EQ(limiter.try_acquire(start, 1'000'001).what, verdict::refused);
}

TEST(rate_limiter_reconfigure, windows_keep_the_times_of_admissions) {
    rate_limiter limiter(limit(sliding, {{3, 1s, 0}}));
    for (int i = 0; i < 3; ++i)
        (void)limiter.try_acquire(start + i * 100ms);
    limiter.reconfigure(limit(sliding, {{2, 1s, 0}}), start + 300ms);
    EXPECT_EQ(limiter.try_acquire(start + 300ms).retry_after, 800ms);
    EXPECT_FALSE(limiter.try_acquire(start + 1s).admitted());
    EXPECT_TRUE(limiter.try_acquire(start + 1100ms).admitted());
}

TEST(rate_limiter_reconfigure, a_large_level_keeps_its_history_when_another_level_changes) {
    rate_limiter limiter(limit(sliding, {{100'000, 1s, 0}, {500'000, 1min, 0}}));
    for (int i = 0; i < 4; ++i)
        (void)limiter.try_acquire(start + i * 1s, 100'000);
    limiter.reconfigure(limit(sliding, {{90'000, 1s, 0}, {450'000, 1min, 0}}), start + 4s);
    EXPECT_EQ(limiter.look(start + 4s).levels[1].remaining, 50'000u);
    limiter.reconfigure(limit(sliding, {{90'000, 1s, 0}, {80'000, 1min, 0}}), start + 4s);
    EXPECT_EQ(limiter.look(start + 4s).levels[1].remaining, 0u);
}

TEST(rate_limiter_reconfigure, between_strategies_the_used_permits_carry_over) {
    for (const rate_strategy from : {sliding, token}) {
        for (const rate_strategy to : {sliding, token}) {
            rate_limiter limiter(limit(from, {{10, 1s, 0}, {20, 1min, 0}}));
            EXPECT_TRUE(limiter.try_acquire(start, 8).admitted());
            EXPECT_TRUE(limiter.try_acquire(start + 2s, 4).admitted());
            limiter.reconfigure(limit(to, {{10, 1s, 0}, {20, 1min, 0}}), start + 2s);
            const auto levels = limiter.look(start + 2s).levels;
            EXPECT_EQ(levels[0].remaining, 6u);
            EXPECT_LE(levels[1].remaining, 9u);
            EXPECT_GE(levels[1].remaining, 8u);
        }
    }
}

TEST(rate_limiter_reconfigure, the_queue_stays) {
    rate_limiter limiter(limit(sliding, {{5, 10s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start, 5).admitted());
    rate_waiter waiter([](rate_waiter&) noexcept {});
    waiter.cost = 2;
    EXPECT_EQ(limiter.acquire(start, waiter).what, verdict::queued);
    limiter.reconfigure(limit(sliding, {{2, 1s, 0}}), start);
    EXPECT_EQ(limiter.queued(), 1u);
    EXPECT_EQ(limiter.next_poll(start), start + 1s);
    EXPECT_EQ(limiter.poll(start + 1s), std::nullopt);
    EXPECT_EQ(waiter.granted_at, start + 1s);
}

TEST(rate_limiter_reconfigure, who_waits_for_what_is_never_granted_any_more_is_refused) {
    struct caller : rate_waiter {
        caller(std::uint32_t permits, std::uint8_t rank)
            : rate_waiter([](rate_waiter&) noexcept {},
                          [](rate_waiter& w, const rate_decision& why) noexcept {
                              static_cast<caller&>(w).told = why;
                          }) {
            cost = permits;
            priority = rank;
        }
        std::optional<rate_decision> told;
    };
    rate_limiter limiter(limit(sliding, {{50, 10s, 0}, {5, 10s, 0}}));
    EXPECT_TRUE(limiter.try_acquire(start, 5).admitted());
    caller callers[] = {{5, 1}, {2, 1}, {3, 5}, {1, 5}, {4, 9}};
    rate_waiter untold([](rate_waiter&) noexcept {});
    untold.cost = 5;
    for (caller& c : callers)
        EXPECT_EQ(limiter.acquire(start, c).what, verdict::queued);
    EXPECT_EQ(limiter.acquire(start, untold).what, verdict::queued);
    limiter.reconfigure(limit(sliding, {{50, 10s, 0}, {2, 1s, 0}}), start);
    EXPECT_EQ(limiter.queued(), 2u);
    EXPECT_FALSE(untold.queued);
    for (caller& c : callers) {
        EXPECT_EQ(c.queued, c.cost <= 2);
        ASSERT_EQ(c.told.has_value(), c.cost > 2);
        if (!c.told) continue;
        EXPECT_EQ(c.told->what, verdict::never);
        EXPECT_EQ(c.told->level, 1u);
        EXPECT_FALSE(limiter.cancel(c, start));
    }
    EXPECT_EQ(limiter.poll(start + 10s), start + 11s);
    EXPECT_EQ(callers[1].granted_at, start + 10s);
    EXPECT_EQ(limiter.poll(start + 11s), std::nullopt);
    EXPECT_EQ(callers[3].granted_at, start + 11s);
}

TEST(rate_limiter_reconfigure, of_a_log_only_what_was_charged_comes_back) {
    for (const bool first_one : {true, false}) {
        rate_limiter limiter(limit(sliding, {{100, 1s, 0}}));
        EXPECT_TRUE(limiter.try_acquire(start, 5).admitted());
        EXPECT_TRUE(limiter.try_acquire(start + 1ms, 5).admitted());
        limiter.reconfigure(limit(sliding, {{8, 1s, 0}}), start + 2ms);
        limiter.refund(first_one ? start : start + 1ms, 5, start + 3ms);
        EXPECT_EQ(limiter.look(start + 3ms).levels[0].remaining, 3u) << "the other five are used";
    }
}

TEST(rate_limiter_reconfigure, what_a_log_forgot_before_gives_nothing_back) {
    rate_limiter limiter(limit(sliding, {{8, 1s, 0}}));
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(limiter.try_acquire(start + i * 2s, 8).admitted());
    limiter.reconfigure(limit(sliding, {{9, 1s, 0}}), start + 4s);
    limiter.refund(start, 8, start + 4s);
    EXPECT_EQ(limiter.look(start + 4s).levels[0].remaining, 1u);
}

TEST(rate_limiter_reconfigure, of_a_bucket_nothing_from_before_comes_back) {
    for (const rate_strategy from : {sliding, token}) {
        rate_limiter limiter(limit(from, {{100, 1s, 0}}));
        EXPECT_TRUE(limiter.try_acquire(start, 10).admitted());
        EXPECT_TRUE(limiter.try_acquire(start, 90).admitted());
        limiter.reconfigure(limit(token, {{10, 1s, 0}}), start);
        limiter.refund(start, 10, start);
        EXPECT_EQ(limiter.look(start).levels[0].remaining, 0u) << "ninety of the old ones are used";
        EXPECT_TRUE(limiter.try_acquire(start + 100ms).admitted());
        limiter.refund(start + 100ms, 1, start + 100ms);
        EXPECT_TRUE(limiter.try_acquire(start + 100ms).admitted()) << "charged since";
    }
    rate_limiter even(limit(leaky, {{10, 1s, 0}}));
    EXPECT_TRUE(even.try_acquire(start).admitted());
    even.reconfigure(limit(leaky, {{5, 1s, 0}}), start);
    even.refund(start, 1, start);
    EXPECT_EQ(even.try_acquire(start).retry_after, 200ms);
}

TEST(rate_limiter_reconfigure, of_a_history_that_was_estimated_nothing_comes_back) {
    for (const std::uint64_t now_allowed : {10, 150'000}) {
        rate_limiter from_bucket(limit(token, {{200'000, 1s, 0}}));
        rate_limiter from_slots(limit(sliding, {{200'000, 1s, 0}}));
        for (rate_limiter* const limiter : {&from_bucket, &from_slots}) {
            EXPECT_TRUE(limiter->try_acquire(start, 200'000).admitted());
            limiter->reconfigure(limit(sliding, {{now_allowed, 1s, 0}}), start);
            limiter->refund(start, 200'000, start + 1us);
            EXPECT_EQ(limiter->look(start + 1us).levels[0].remaining, 0u);
        }
    }
}

TEST(rate_limiter_reconfigure, impossible_options_change_nothing) {
    rate_limiter limiter(limit(sliding, {{5, 10s, 0}}));
    EXPECT_THROW(limiter.reconfigure(rate_limit_options{}, start), std::invalid_argument);
    EXPECT_EQ(limiter.look(start).levels.at(0).max, 5u);
}

}  // namespace
}  // namespace symphony
