#include "symphony/policy/rate_limit_options.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

using namespace symphony::testing;

rate_limit_options with(rate_level level, rate_strategy strategy = rate_strategy::sliding_window) {
    rate_limit_options options;
    options.limits = {level};
    options.strategy = strategy;
    return options;
}

TEST(rate_limit_options, strategies_are_called_as_in_a_configuration) {
    EXPECT_EQ(to_string(rate_strategy::sliding_window), "sliding-window");
    EXPECT_EQ(to_string(rate_strategy::token_bucket), "token-bucket");
    EXPECT_EQ(to_string(rate_strategy::leaky_bucket), "leaky-bucket");
}

TEST(rate_limit_options, levels_begin_with_the_second_and_the_minute) {
    rate_limit_options options;
    options.limits = {{5, 1h, 0}};
    options.max_requests_per_minute = 60;
    options.max_requests_per_second = 2;
    const std::vector<rate_level> expected = {{2, 1s, 0}, {60, 1min, 0}, {5, 1h, 0}};
    EXPECT_EQ(options.levels(), expected);
}

TEST(rate_limit_options, the_strategy_is_sliding_window_unless_given) {
    EXPECT_EQ(rate_limit_options{}.strategy, rate_strategy::sliding_window);
    EXPECT_EQ(rate_limit_options{}.max_queue_size, 1000u);
}

TEST(rate_limit_options, the_ends_of_every_range_are_possible) {
    EXPECT_EQ(with({1, 1ms, 0}).problem(), std::nullopt);
    EXPECT_EQ(with({1'000'000'000, std::chrono::days(31), 0}).problem(), std::nullopt);
    EXPECT_EQ(with({1, 1s, 1'000'000'000}, rate_strategy::token_bucket).problem(), std::nullopt);
}

TEST(rate_limit_options, impossible_values_are_named) {
    const rate_limit_options wrong[] = {
        {},
        with({0, 1s, 0}),
        with({1'000'000'001, 1s, 0}),
        with({1, 1ms - 1ns, 0}),
        with({1, -1s, 0}),
        with({1, std::chrono::days(31) + 1ns, 0}),
        with({1, 1s, 1'000'000'001}, rate_strategy::token_bucket),
        with({1, 1s, 2}),
        with({1, 1s, 2}, rate_strategy::leaky_bucket),
    };
    for (const rate_limit_options& options : wrong)
        EXPECT_NE(options.problem(), std::nullopt);
    rate_limit_options many;
    many.limits.assign(9, {1, 1s, 0});
    EXPECT_NE(many.problem(), std::nullopt);
    rate_limit_options negative = with({1, 1s, 0});
    negative.max_queue_time = -1ns;
    EXPECT_NE(negative.problem(), std::nullopt);
}

}  // namespace
}  // namespace symphony
