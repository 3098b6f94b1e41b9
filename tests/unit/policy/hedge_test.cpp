#include "symphony/policy/hedge.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace symphony {
namespace {

using namespace std::chrono_literals;

TEST(hedge, what_is_impossible) {
    const auto wrong = [](hedge_options options) { return options.problem().has_value(); };
    EXPECT_FALSE(wrong({}));
    EXPECT_FALSE(wrong({.after = 1ns, .max = 3}));
    EXPECT_TRUE(wrong({.after = 0ns}));
    EXPECT_TRUE(wrong({.quantile = 0.49}));
    EXPECT_TRUE(wrong({.quantile = 1}));
    EXPECT_TRUE(wrong({.quantile = std::numeric_limits<double>::quiet_NaN()}));
    EXPECT_TRUE(wrong({.max = 0}));
    EXPECT_TRUE(wrong({.max = 4}));
    EXPECT_THROW(hedge_timing({.max = 0}), std::invalid_argument);
}

TEST(hedge, a_fixed_delay_needs_no_measurement) {
    EXPECT_EQ(hedge_timing({.after = 250ms}).delay(), 250ms);
}

TEST(hedge, a_quantile_does) {
    hedge_timing timing({});
    for (int i = 0; i < 99; ++i)
        timing.record(10ms);
    EXPECT_EQ(timing.delay(), std::nullopt);
    timing.record(10ms);
    ASSERT_TRUE(timing.delay());
    EXPECT_GE(*timing.delay(), 10ms);
    EXPECT_LE(*timing.delay(), 10700us);
}

TEST(hedge, other_options_take_effect_and_what_is_known_stays) {
    hedge_timing timing({});
    for (int i = 0; i < 200; ++i)
        timing.record(i % 10 == 0 ? 100ms : 10ms);
    EXPECT_GE(timing.delay(), 100ms);
    timing.reconfigure({.quantile = 0.5});
    EXPECT_LE(timing.delay(), 11ms);
    timing.reconfigure({.after = 1ms});
    EXPECT_EQ(timing.delay(), 1ms);
    timing.reconfigure({});
    EXPECT_GE(timing.delay(), 100ms);
    EXPECT_THROW(timing.reconfigure({.max = 9}), std::invalid_argument);
}

}  // namespace
}  // namespace symphony
