#include "symphony/telemetry/histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace symphony {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(histogram, counts_a_value_at_a_bound_in_the_bucket_of_that_bound) {
    for (std::size_t i = 0; i < histogram::bounds.size(); ++i) {
        histogram h;
        const duration at(std::llround(histogram::bounds[i] * 1e9));
        h.observe(at);
        h.observe(at + nanoseconds(1));
        EXPECT_EQ(h.look().counts[i], 1u) << histogram::bounds[i];
        EXPECT_EQ(h.look().counts[i + 1], 1u) << histogram::bounds[i];
    }
}

TEST(histogram, sums_and_counts) {
    histogram h;
    h.observe(milliseconds(0));
    h.observe(milliseconds(250));
    h.observe(milliseconds(20'000));
    h.observe(milliseconds(-5));  // counts as no time at all
    const auto seen = h.look();
    EXPECT_EQ(seen.total, 4u);
    EXPECT_EQ(seen.counts[0], 2u);
    EXPECT_EQ(seen.counts.back(), 1u);
    EXPECT_DOUBLE_EQ(seen.sum_seconds, 20.25);
}

TEST(histogram, views_add_up) {
    histogram one;
    histogram other;
    one.observe(milliseconds(1));
    other.observe(milliseconds(1));
    other.observe(milliseconds(20'000));
    histogram::view sum = one.look();
    sum += other.look();
    EXPECT_EQ(sum.total, 3u);
    EXPECT_EQ(sum.counts[0], 2u);
    EXPECT_EQ(sum.counts.back(), 1u);
    EXPECT_DOUBLE_EQ(sum.sum_seconds, 20.002);
}

}  // namespace
}  // namespace symphony
