#include "symphony/core/time.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

using namespace std::chrono_literals;

TEST(time, milliseconds_shown_are_rounded_up) {
    EXPECT_EQ(to_ms_ceil(0ns), 0);
    EXPECT_EQ(to_ms_ceil(1ns), 1);
    EXPECT_EQ(to_ms_ceil(1ms), 1);
    EXPECT_EQ(to_ms_ceil(1ms + 1ns), 2);
    EXPECT_EQ(to_ms_ceil(-1500us), -1);
}

TEST(time, difference_and_later_saturate) {
    constexpr instant epoch{};
    EXPECT_EQ(difference(epoch + 3s, epoch + 1s), 2s);
    EXPECT_EQ(difference(instant::max(), instant::min()), duration::max());
    EXPECT_EQ(difference(instant::min(), instant::max()), duration::min());
    EXPECT_EQ(later(epoch, 1s), epoch + 1s);
    EXPECT_EQ(later(instant::max() - 1s, 2s), instant::max());
    EXPECT_EQ(later(instant::min() + 1s, -2s), instant::min());
}

}  // namespace
}  // namespace symphony
