#include "call/lease_sizer.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

using namespace std::chrono_literals;

constexpr instant start = instant(std::chrono::hours(1000));

rate_limit_options limit_of(std::uint64_t max, duration window) {
    rate_limit_options made;
    made.limits = {{max, window, 0}};
    return made;
}

/// Demand of `rate` a second for so long; the plan at its end.
lease_plan after(const rate_limit_options& limit, double rate, std::uint32_t instances = 1,
                 std::optional<duration> longest = 100ms, duration length = 2s) {
    lease_sizer sizer(limit, longest);
    const duration step(static_cast<std::int64_t>(1e9 / rate));
    instant now = start;
    for (; now < start + length; now += step)
        sizer.note(now, 1);
    return sizer.plan(now, instances);
}

TEST(lease_sizer, takes_what_is_likely_used_within_a_hold) {
    const lease_plan plan = after(limit_of(10'000, 1s), 8'000);
    EXPECT_EQ(plan.hold, 10ms) << "1 % of the window";
    EXPECT_NEAR(plan.permits, 80, 2);
    EXPECT_EQ(plan.batch, 100u) << "what comes back within a hold";
    EXPECT_EQ(after(limit_of(600'000, 1min), 8'000).hold, 100ms) << "the lease time";
    EXPECT_NEAR(after(limit_of(600'000, 1min), 8'000).permits, 800, 10);
}

TEST(lease_sizer, has_no_lease_where_few_would_be_used) {
    EXPECT_FALSE(after(limit_of(10'000, 1s), 300).leases()) << "3 in 10 ms";
    EXPECT_TRUE(after(limit_of(10'000, 1s), 500).leases());
    EXPECT_FALSE(after(limit_of(10'000, 1s), 8'000, 1, std::nullopt).leases()) << "turned off";
    EXPECT_EQ(after(limit_of(10'000, 1s), 300).batch, 1u);
}

TEST(lease_sizer, leaves_small_limits_and_shares_alone) {
    EXPECT_FALSE(after(limit_of(15, 1s), 8'000).leases());
    EXPECT_EQ(after(limit_of(400, 1s), 100'000).permits, 100u) << "a quarter";
    EXPECT_EQ(after(limit_of(400, 1s), 100'000, 10).permits, 10u) << "of this instance's share";
    EXPECT_FALSE(after(limit_of(400, 1s), 100'000, 30).leases());
}

TEST(lease_sizer, heeds_the_tightest_level) {
    rate_limit_options limit = limit_of(10'000, 1s);
    limit.limits.push_back({40'000, 1min, 0});
    const lease_plan plan = after(limit, 20'000, 50);
    EXPECT_EQ(plan.hold, 10ms);
    EXPECT_EQ(plan.permits, 50u) << "of 10 000, 4 x 50 parts";
    EXPECT_EQ(plan.batch, 6u) << "40 000 a minute in 10 ms";
}

TEST(lease_sizer, an_even_spacing_has_none) {
    rate_limit_options limit = limit_of(10'000, 1s);
    limit.strategy = rate_strategy::leaky_bucket;
    const lease_plan plan = after(limit, 20'000);
    EXPECT_FALSE(plan.leases());
    EXPECT_EQ(plan.batch, 1u);
}

TEST(lease_sizer, counts_on_what_a_round_trip_leaves_of_a_lease) {
    lease_sizer sizer(limit_of(10'000, 1s), 100ms);
    instant now = start;
    for (int i = 0; i < 8'000; ++i, now += 125us)
        sizer.note(now, 1);
    sizer.note_trip(5ms);
    EXPECT_NEAR(sizer.plan(now, 1).permits, 40, 2) << "of 10 ms, half is left";
    sizer.note_trip(11ms);
    EXPECT_FALSE(sizer.plan(now, 1).leases()) << "it would be over on arrival";
    sizer.note_trip(300us);
    EXPECT_NEAR(sizer.plan(now, 1).permits, 78, 2) << "one slow answer is not for ever";
}

TEST(lease_sizer, forgets_demand_that_is_over) {
    lease_sizer sizer(limit_of(10'000, 1s), 100ms);
    instant now = start;
    for (int i = 0; i < 10'000; ++i, now += 100us)
        sizer.note(now, 1);
    EXPECT_TRUE(sizer.plan(now, 1).leases());
    EXPECT_TRUE(sizer.plan(now + 50ms, 1).leases());
    EXPECT_FALSE(sizer.plan(now + 200ms, 1).leases());
    sizer.note(now + 1h, 1);
    EXPECT_FALSE(sizer.plan(now + 1h, 1).leases());
}

}  // namespace
}  // namespace symphony
