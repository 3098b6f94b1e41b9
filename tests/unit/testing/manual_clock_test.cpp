#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

namespace symphony::testing {
namespace {

using namespace std::chrono_literals;

TEST(manual_clock, stands_still_until_it_is_moved) {
    const manual_clock time;
    EXPECT_EQ(time.now(), time.now());
    EXPECT_EQ(time.wall_now(), wall_time(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)));
}

TEST(manual_clock, moves_both_clocks_together) {
    manual_clock time;
    const instant steady = time.now();
    const wall_time wall = time.wall_now();
    time.advance(90s);
    EXPECT_EQ(time.now() - steady, 90s);
    EXPECT_EQ(time.wall_now() - wall, 90s);
}

TEST(manual_clock, never_goes_back_and_never_overflows) {
    manual_clock time;
    const instant before = time.now();
    time.advance(-1s);
    EXPECT_EQ(time.now(), before);
    time.advance(duration::max());
    EXPECT_EQ(time.now(), instant::max());
}

TEST(manual_clock, has_a_wall_clock_that_somebody_may_set) {
    manual_clock time;
    const instant steady = time.now();
    const wall_time wanted = time.wall_now() - 24h;
    time.set_wall(wanted);
    EXPECT_EQ(time.wall_now(), wanted);
    EXPECT_EQ(time.now(), steady);
    time.advance(1s);
    EXPECT_EQ(time.wall_now(), wanted + 1s);
}

}  // namespace
}  // namespace symphony::testing
