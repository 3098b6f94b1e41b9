#include "symphony/telemetry/histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

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

TEST(histogram, loses_nothing_when_threads_observe_at_once) {
    histogram h;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i)
                h.observe(milliseconds(i % 400));
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(h.look().total, 40'000u);
}

}  // namespace
}  // namespace symphony
