#include "symphony/core/clock.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

TEST(system_clock, now_never_goes_back) {
    const system_clock time;
    instant before = time.now();
    for (int i = 0; i < 10'000; ++i) {
        const instant after = time.now();
        ASSERT_LE(before, after);
        before = after;
    }
}

TEST(system_clock, wall_now_is_the_machines_calendar_time) {
    const system_clock time;
    const auto before = std::chrono::system_clock::now();
    const wall_time between = time.wall_now();
    const auto after = std::chrono::system_clock::now();
    EXPECT_LE(before, between);
    EXPECT_LE(between, after);
}

}  // namespace
}  // namespace symphony
