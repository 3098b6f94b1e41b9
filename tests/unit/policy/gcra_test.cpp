#include "policy/gcra.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

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

// The owner's part: it knows the latest admission.
struct remembered_takes {
    void take(instant now, duration backlog) {
        bound.on_take(newest, now, backlog);
        newest = now;
    }
    [[nodiscard]] duration limit(instant admitted_at) const {
        return bound.limit(newest, admitted_at);
    }
    void refund(instant admitted_at, duration credited) {
        bound.on_refund(newest, admitted_at, credited);
    }

    refund_bound bound;
    instant newest = instant::min();
};

TEST(refund_bound, only_what_the_bucket_never_overflowed_since_can_come_back) {
    remembered_takes bucket;
    bucket.take(start, 0ns);
    EXPECT_GT(bucket.limit(start), 1h) << "nothing came after";
    bucket.take(start + 1ms, 99ms);
    bucket.take(start + 2ms, 198ms);
    EXPECT_EQ(bucket.limit(start), 99ms);
    EXPECT_EQ(bucket.limit(start + 1ms), 198ms);
    bucket.take(start + 200ms, 50ms);
    EXPECT_EQ(bucket.limit(start), 50ms);
    EXPECT_EQ(bucket.limit(start + 2ms), 50ms);
    EXPECT_EQ(bucket.limit(start - 1ms), 0ns);
}

TEST(refund_bound, where_its_entries_do_not_suffice_it_gives_back_less) {
    remembered_takes bucket;
    for (int i = 0; i < 10; ++i)
        bucket.take(start + i * 1ms, i * 10ms);
    EXPECT_LE(bucket.limit(start + 3ms), 40ms);
    EXPECT_EQ(bucket.limit(start + 7ms), 80ms);
    EXPECT_EQ(bucket.limit(start + 8ms), 90ms);
    EXPECT_GT(bucket.limit(start + 9ms), 1h);
}

// Beside all admissions and the least backlog met since: never more, and as much for the last two.
TEST(refund_bound, is_never_above_the_least_backlog_met_since) {
    struct admission {
        instant at;
        duration backlog;
    };
    std::minstd_rand roll(1);
    std::uint64_t exact = 0;
    for (int round = 0; round < 2000; ++round) {
        remembered_takes bucket;
        std::vector<admission> all;
        instant now = start;
        const auto least_since = [&all](instant t) {
            duration least = duration::max();
            for (const admission& a : all)
                if (a.at > t) least = std::min(least, a.backlog);
            return least;
        };
        for (int i = 0; i < 50; ++i) {
            now += duration(roll() % 3);
            const duration backlog(roll() % 20);
            bucket.take(now, backlog);
            all.push_back({now, backlog});
            if (roll() % 5 == 0) {
                const instant victim = all[roll() % all.size()].at;
                const duration given = std::min(bucket.limit(victim), duration(3));
                bucket.refund(victim, given);
                for (admission& a : all)
                    if (a.at > victim) a.backlog = std::max(a.backlog - given, duration::zero());
            }
            for (const admission& a : all) {
                const duration truth = least_since(a.at);
                const bool unlimited = truth == duration::max();
                ASSERT_TRUE(unlimited || bucket.limit(a.at) <= truth);
                exact += bucket.limit(a.at) == truth ? 1 : 0;
            }
            ASSERT_GT(bucket.limit(now), 1h);
        }
    }
    EXPECT_GT(exact, 1'000'000u);
}

}  // namespace
}  // namespace symphony::detail
