#include "symphony/policy/concurrency_options.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

using namespace std::chrono_literals;

TEST(concurrency_options, what_is_possible) {
    concurrency_options fixed;
    fixed.max = 1;
    concurrency_options adaptive;
    adaptive.adaptive = true;
    EXPECT_EQ(fixed.problem(), std::nullopt);
    EXPECT_EQ(adaptive.problem(), std::nullopt);
    fixed.max = 1'000'000;
    fixed.max_queue_size = 1'000'000;
    fixed.max_queue_time = 0ns;
    EXPECT_EQ(fixed.problem(), std::nullopt);
}

TEST(concurrency_options, what_is_not) {
    const auto wrong = [](concurrency_options options) { return options.problem().value_or(""); };
    EXPECT_NE(wrong({}), "") << "a limit of nothing";
    EXPECT_NE(wrong({.max = 1'000'001}), "");
    EXPECT_NE(wrong({.max = 5, .min = 2}), "");
    EXPECT_NE(wrong({.max = 5, .initial = 2}), "");
    EXPECT_NE(wrong({.max = 5, .adaptive = true, .min = 6}), "");
    EXPECT_NE(wrong({.max = 5, .adaptive = true, .min = 0}), "");
    EXPECT_NE(wrong({.max = 5, .adaptive = true, .initial = 6}), "");
    EXPECT_NE(wrong({.max = 5, .adaptive = true, .min = 2, .initial = 1}), "");
    EXPECT_NE(wrong({.max = 5, .max_queue_size = 1'000'001}), "");
    EXPECT_NE(wrong({.max = 5, .max_queue_time = -1ns}), "");
}

TEST(concurrency_options, the_first_limit_lies_within_the_bounds) {
    const auto first = [](concurrency_options options) { return options.first(); };
    EXPECT_EQ(first({.max = 7}), 7u);
    EXPECT_EQ(first({.adaptive = true}), 20u);
    EXPECT_EQ(first({.max = 7, .adaptive = true}), 7u);
    EXPECT_EQ(first({.adaptive = true, .min = 30}), 30u);
    EXPECT_EQ(first({.adaptive = true, .initial = 9}), 9u);
    EXPECT_EQ(concurrency_options{.adaptive = true}.highest(), 1000u);
}

}  // namespace
}  // namespace symphony
