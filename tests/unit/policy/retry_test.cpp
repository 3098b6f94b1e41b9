#include "symphony/policy/retry.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <limits>
#include <thread>
#include <vector>

namespace symphony {
namespace {

using namespace symphony::testing;

struct fixed_random : random_source {
    explicit fixed_random(std::uint64_t v) : value(v) {}
    std::uint64_t next() noexcept override { return value; }
    std::uint64_t value;
};

constexpr std::uint64_t lowest = 0;
constexpr std::uint64_t highest = std::numeric_limits<std::uint64_t>::max();

std::optional<duration> wait(const retry_timing& timing, std::uint32_t attempt,
                             std::uint64_t roll = highest, duration server_wait = 0ns,
                             deadline until = {}) {
    fixed_random random(roll);
    return next_retry(timing, attempt, server_wait, start, until, random);
}

TEST(retry, defaults_are_3_attempts_100_ms_and_10_s) {
    const retry_timing timing;
    EXPECT_EQ(timing.max_attempts, 3u);
    EXPECT_EQ(timing.base_delay, 100ms);
    EXPECT_EQ(timing.max_delay, 10s);
    EXPECT_NE(wait(timing, 2), std::nullopt);
    EXPECT_EQ(wait(timing, 3), std::nullopt);
    EXPECT_EQ(wait(timing, 4), std::nullopt);
}

TEST(retry, exponential_doubles_up_to_max_delay) {
    retry_timing timing;
    timing.max_attempts = 1000;
    const duration steps[] = {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10s, 10s};
    for (std::uint32_t i = 0; i < std::size(steps); ++i)
        EXPECT_EQ(wait(timing, i + 1), steps[i]);
}

TEST(retry, linear_grows_by_the_base_up_to_max_delay) {
    retry_timing timing;
    timing.shape = backoff::linear;
    timing.max_attempts = 1000;
    EXPECT_EQ(wait(timing, 1), 100ms);
    EXPECT_EQ(wait(timing, 2), 200ms);
    EXPECT_EQ(wait(timing, 99), 9900ms);
    EXPECT_EQ(wait(timing, 101), 10s);
}

TEST(retry, full_jitter_is_uniform_between_0_and_the_step) {
    EXPECT_EQ(wait({}, 1, lowest), 0ns);
    EXPECT_EQ(wait({}, 1, highest / 2), 50ms);
    EXPECT_EQ(wait({}, 1, highest), 100ms);
    fast_random random(7);
    duration sum{};
    constexpr int draws = 100'000;
    for (int i = 0; i < draws; ++i) {
        const auto drawn = next_retry({}, 1, 0ns, start, {}, random);
        ASSERT_GE(*drawn, 0ns);
        ASSERT_LE(*drawn, 100ms);
        sum += *drawn;
    }
    EXPECT_GT(sum / draws, 49ms);
    EXPECT_LT(sum / draws, 51ms);
}

TEST(retry, retry_after_is_a_hard_lower_bound_and_jitter_only_adds) {
    EXPECT_EQ(wait({}, 1, lowest, 3s), 3s);
    EXPECT_EQ(wait({}, 1, highest, 3s), 3100ms);
    EXPECT_EQ(wait({}, 1, lowest, 1min), 1min) << "max_delay does not cut it";
    EXPECT_EQ(wait({}, 1, lowest, -1s), 0ns);
}

TEST(retry, a_delay_beyond_the_deadline_means_no_retry) {
    EXPECT_EQ(wait({}, 1, lowest, 1s, deadline(start + 1s)), std::nullopt);
    EXPECT_EQ(wait({}, 1, lowest, 1s, deadline(start + 1s + 1ns)), 1s);
    EXPECT_EQ(wait({}, 1, highest, 0s, deadline(start + 50ms)), std::nullopt);
    EXPECT_EQ(wait({}, 1, lowest, 0s, deadline(start - 1s)), std::nullopt);
}

TEST(retry, delays_saturate_and_never_overflow) {
    retry_timing timing;
    timing.max_attempts = std::numeric_limits<std::uint32_t>::max();
    timing.max_delay = duration::max();
    timing.base_delay = duration::max();
    for (const backoff shape : {backoff::exponential, backoff::linear}) {
        timing.shape = shape;
        for (const std::uint32_t attempt : {0u, 1u, 2u, 63u, 64u, 65u, 4'000'000'000u}) {
            EXPECT_EQ(wait(timing, attempt), duration::max());
            EXPECT_EQ(wait(timing, attempt, highest, duration::max()), duration::max());
        }
    }
    timing.base_delay = -1s;
    EXPECT_EQ(wait(timing, 5), 0ns);
    timing.base_delay = 1s;
    timing.max_delay = -1s;
    EXPECT_EQ(wait(timing, 5), 0ns);
}

TEST(retry_budget, spends_1_per_failed_attempt_and_earns_a_tenth_per_success) {
    retry_budget budget;
    EXPECT_DOUBLE_EQ(budget.tokens(), 100);
    EXPECT_TRUE(budget.on_failure());
    EXPECT_DOUBLE_EQ(budget.tokens(), 99);
    budget.on_success();
    EXPECT_DOUBLE_EQ(budget.tokens(), 99.1);
    for (int i = 0; i < 100; ++i)
        budget.on_success();
    EXPECT_DOUBLE_EQ(budget.tokens(), 100);
}

TEST(retry_budget, allows_retries_only_while_above_half) {
    retry_budget budget;
    for (int i = 0; i < 49; ++i)
        EXPECT_TRUE(budget.on_failure()) << i;
    EXPECT_FALSE(budget.on_failure());
    EXPECT_FALSE(budget.allows());
    budget.on_success();
    EXPECT_TRUE(budget.allows());
    for (int i = 0; i < 200; ++i)
        budget.on_failure();
    EXPECT_DOUBLE_EQ(budget.tokens(), 0);
}

TEST(retry_budget, loses_no_token_when_threads_race) {
    retry_budget budget;
    for (int i = 0; i < 50; ++i)
        budget.on_failure();
    std::barrier gate(4);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            gate.arrive_and_wait();
            for (int i = 0; i < 20; ++i)
                t % 2 == 0 ? budget.on_success() : void(budget.on_failure());
        });
    }
    threads.clear();
    EXPECT_DOUBLE_EQ(budget.tokens(), 50 + 4 - 40);
}

}  // namespace
}  // namespace symphony
