#include "symphony/policy/latency_estimate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;

// One latency over and over: the estimate is the upper end of its bucket.
duration estimate_of(duration always) {
    latency_estimate made(0.95);
    for (std::uint32_t i = 0; i < latency_estimate::least_samples; ++i)
        made.record(always);
    return made.value().value_or(duration::min());
}

TEST(latency_estimate, is_never_below_and_hardly_above) {
    for (const duration value : {1us, 15us, 16us, 17us, 1023us}) {
        EXPECT_GT(estimate_of(value), value);
        EXPECT_LE(estimate_of(value), value + value / 16 + 2us);
    }
    std::mt19937_64 random(1);
    for (int i = 0; i < 500; ++i) {
        const duration value(static_cast<std::int64_t>(std::exp2(10.0 + random() % 3600 / 100.0)));
        EXPECT_GT(estimate_of(value), value);
        EXPECT_LE(estimate_of(value), value + value / 16 + 2us) << value.count();
    }
}

TEST(latency_estimate, takes_any_duration) {
    EXPECT_LE(estimate_of(duration::min()), 2us);
    EXPECT_LE(estimate_of(0ns), 2us);
    EXPECT_GE(estimate_of(duration::max()), std::chrono::hours(24));
}

TEST(latency_estimate, says_nothing_before_it_has_seen_enough) {
    latency_estimate made(0.95);
    for (std::uint32_t i = 1; i < latency_estimate::least_samples; ++i)
        made.record(1ms);
    EXPECT_EQ(made.value(), std::nullopt);
    made.record(1ms);
    EXPECT_TRUE(made.value());
}

TEST(latency_estimate, is_the_quantile_of_what_was_seen) {
    for (const double quantile : {0.5, 0.9, 0.95, 0.99}) {
        latency_estimate made(quantile);
        std::mt19937_64 random(3);
        std::lognormal_distribution<double> draw(std::log(20e6), 0.7);
        std::vector<double> seen;
        for (int i = 0; i < 960; ++i) {
            seen.push_back(draw(random));
            made.record(duration(static_cast<std::int64_t>(seen.back())));
        }
        std::ranges::sort(seen);
        const double exact = seen[static_cast<std::size_t>(std::ceil(quantile * 960)) - 1];
        ASSERT_TRUE(made.value());
        EXPECT_GE(static_cast<double>(made.value()->count()), exact);
        EXPECT_LE(static_cast<double>(made.value()->count()), exact * 1.07);
    }
}

TEST(latency_estimate, keeps_its_tail_through_all_halvings) {
    latency_estimate made(0.95);
    std::mt19937_64 random(5);
    std::lognormal_distribution<double> draw(std::log(20e6), 0.7);
    const double exact = 20e6 * std::exp(0.7 * 1.645);
    for (int i = 0; i < 20'000; ++i) {
        made.record(duration(static_cast<std::int64_t>(draw(random))));
        if (i < 1000) continue;
        EXPECT_GT(static_cast<double>(made.value()->count()), exact * 0.75) << i;
        EXPECT_LT(static_cast<double>(made.value()->count()), exact * 1.35) << i;
    }
}

TEST(latency_estimate, forgets_what_is_long_ago) {
    latency_estimate made(0.95);
    for (int i = 0; i < 100'000; ++i)
        made.record(1s);
    for (int i = 0; i < 4000; ++i)
        made.record(10ms);
    EXPECT_LE(made.value(), 11ms);
}

TEST(latency_estimate, another_quantile_of_the_same) {
    latency_estimate made(0.5);
    for (int i = 0; i < 200; ++i)
        made.record(i % 4 == 0 ? 1s : 1ms);
    EXPECT_LE(made.value(), 2ms);
    made.set_quantile(0.9);
    EXPECT_GE(made.value(), 1s);
    EXPECT_THROW(made.set_quantile(1), std::invalid_argument);
    EXPECT_THROW(latency_estimate(0), std::invalid_argument);
    EXPECT_THROW(latency_estimate{std::numeric_limits<double>::quiet_NaN()}, std::invalid_argument);
}

TEST(latency_estimate, takes_latencies_from_many_threads) {
    latency_estimate made(0.95);
    std::vector<std::jthread> running;
    for (int t = 0; t < 4; ++t) {
        running.emplace_back([&] {
            for (int i = 0; i < 20'000; ++i) {
                made.record(5ms);
                (void)made.value();
            }
        });
    }
    running.clear();
    EXPECT_GE(made.value(), 5ms);
    EXPECT_LE(made.value(), 5400us);
    EXPECT_LE(made.memory(), 2048u);
}

}  // namespace
}  // namespace symphony
