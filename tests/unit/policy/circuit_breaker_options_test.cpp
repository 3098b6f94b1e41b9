#include "symphony/policy/circuit_breaker_options.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace symphony {
namespace {

using namespace symphony::testing;
using options = circuit_breaker_options;

class never_again final : public recovery_strategy {
public:
    recovery_answer admit(const recovery_progress&) const noexcept override {
        return recovery_answer::refuse;
    }
    recovery_verdict judge(const recovery_progress&, bool) const noexcept override {
        return recovery_verdict::open;
    }
};

TEST(circuit_breaker_options, defaults_are_those_of_the_semantics) {
    const options defaults;
    EXPECT_EQ(defaults.problem(), std::nullopt);
    EXPECT_EQ(defaults.failure_threshold, 5u);
    EXPECT_EQ(defaults.reset_timeout, 30s);
    EXPECT_EQ(defaults.window, 10s);
    EXPECT_EQ(defaults.minimum_requests, 10u);
    EXPECT_EQ(defaults.success_threshold, 1u);
    EXPECT_EQ(defaults.recovery, recovery_kind::immediate);
}

TEST(circuit_breaker_options, impossible_values_are_named) {
    const options wrong[] = {
        {.failure_threshold = 0},
        {.reset_timeout = 0s},
        {.reset_timeout = -1s},
        {.reset_timeout = 30s, .max_reset_timeout = 29s},
        {.failure_rate = 0.0},
        {.failure_rate = 1.01},
        {.failure_rate = std::numeric_limits<double>::quiet_NaN()},
        {.latency_threshold = 0ms},
        {.window = 0s},
        {.minimum_requests = 0},
        {.success_threshold = 0},
        {.success_threshold = 100'001},
        {.recovery = recovery_kind::custom},
        {.custom_recovery = std::make_shared<never_again>()},
    };
    for (const options& o : wrong)
        EXPECT_NE(o.problem(), std::nullopt);
}

TEST(circuit_breaker_options, the_ends_of_every_range_are_possible) {
    EXPECT_EQ((options{.failure_threshold = 1, .reset_timeout = 1ns}).problem(), std::nullopt);
    EXPECT_EQ((options{.failure_rate = 1.0, .window = 1ms}).problem(), std::nullopt);
    EXPECT_EQ((options{.reset_timeout = 1s, .max_reset_timeout = 1s}).problem(), std::nullopt);
}

}  // namespace
}  // namespace symphony
