#include "policy/gcra.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

namespace symphony::detail {
namespace {

using namespace symphony::testing;
__extension__ using wide = __int128;

TEST(gcra, no_drift_over_10_million_operations) {
    for (const gcra::shape form : {gcra::shape::bucket, gcra::shape::spaced}) {
        constexpr std::uint64_t max = 7;
        constexpr duration window = 1s + 3ns;  // a seventh of it ends in no base
        gcra rate(form, max, window, max);
        constexpr std::int64_t operations = 10'000'000;
        instant now = start;
        for (std::int64_t i = 0; i < operations; ++i) {
            now = std::max(now, rate.earliest(1));
            rate.take(now, 1);
        }
        const std::int64_t free = form == gcra::shape::bucket ? max : 1;
        const wide exact = static_cast<wide>(operations - free) * window.count();
        const wide taken = static_cast<wide>((now - start).count()) * max;
        EXPECT_GE(taken, exact);
        EXPECT_LT(taken - exact, static_cast<wide>(max)) << "less than a nanosecond in 16 days";
    }
}

TEST(gcra, an_unused_one_is_full) {
    const gcra rate(gcra::shape::bucket, 10, 1s, 4);
    EXPECT_EQ(rate.remaining(start), 4u);
    EXPECT_EQ(rate.used(start), 0u);
    EXPECT_LE(rate.full_at(), start);
    EXPECT_EQ(rate.backlog(start), 0ns);
}

TEST(gcra, remaining_rounds_down_and_used_rounds_up) {
    gcra rate(gcra::shape::bucket, 3, 1s, 3);
    rate.take(start, 1);
    EXPECT_EQ(rate.used(start + 333333333ns), 1u);
    EXPECT_EQ(rate.remaining(start + 333333333ns), 2u);
    EXPECT_EQ(rate.used(start + 333333334ns), 0u);
    EXPECT_EQ(rate.remaining(start + 333333334ns), 3u);
}

TEST(gcra, the_largest_values_do_not_overflow) {
    gcra rate(gcra::shape::bucket, 1'000'000'000, std::chrono::days(31), 1'000'000'000);
    rate.take(start, 1'000'000'000);
    EXPECT_EQ(rate.remaining(start), 0u);
    EXPECT_EQ(rate.full_at(), start + std::chrono::days(31));
    gcra slow(gcra::shape::bucket, 1, std::chrono::days(31), 1'000'000'000);
    EXPECT_LE(slow.earliest(1), start);
    slow.take(start, 1);
    EXPECT_EQ(slow.full_at(), start + std::chrono::days(31));
}

TEST(refund_bound, only_what_the_bucket_never_overflowed_since_can_come_back) {
    refund_bound bound;
    bound.on_take(start, 0ns);
    EXPECT_GT(bound.limit(start), 1h) << "nothing came after";
    bound.on_take(start + 1ms, 99ms);
    bound.on_take(start + 2ms, 198ms);
    EXPECT_EQ(bound.limit(start), 99ms);
    EXPECT_EQ(bound.limit(start + 1ms), 198ms);
    bound.on_take(start + 200ms, 50ms);
    EXPECT_EQ(bound.limit(start), 50ms);
    EXPECT_EQ(bound.limit(start + 2ms), 50ms);
    EXPECT_EQ(bound.limit(start - 1ms), 0ns);
}

TEST(refund_bound, where_its_entries_do_not_suffice_it_gives_back_less) {
    refund_bound bound;
    for (int i = 0; i < 10; ++i)
        bound.on_take(start + i * 1ms, i * 10ms);
    EXPECT_LE(bound.limit(start + 3ms), 40ms);
    EXPECT_EQ(bound.limit(start + 8ms), 90ms);
}

}  // namespace
}  // namespace symphony::detail
