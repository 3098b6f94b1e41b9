#include "net/flood_meter.hpp"

#include <gtest/gtest.h>

namespace symphony::net::detail {
namespace {

using std::chrono::milliseconds;

int taken(flood_meter& meter, instant now) {
    int count = 0;
    while (count < 1000 && meter.count(now))
        ++count;
    return count;
}

TEST(flood_meter, takes_a_burst_and_then_so_many_a_second) {
    const instant start(std::chrono::hours(1));
    flood_meter meter(10, 4);
    EXPECT_EQ(taken(meter, start), 10);
    EXPECT_EQ(taken(meter, start + milliseconds(249)), 0);
    EXPECT_EQ(taken(meter, start + milliseconds(250)), 1);
    EXPECT_EQ(taken(meter, start + milliseconds(999)), 2);  // what is left of an interval counts
    EXPECT_EQ(taken(meter, start + milliseconds(1000)), 1);
    EXPECT_EQ(taken(meter, start + std::chrono::hours(1)), 10);
    EXPECT_EQ(taken(meter, start), 0);  // time that goes back gives nothing
}

TEST(flood_meter, forgives) {
    const instant start(std::chrono::hours(1));
    flood_meter meter(3, 1);
    EXPECT_EQ(taken(meter, start), 3);
    meter.forgive_one();
    EXPECT_EQ(taken(meter, start), 1);
    meter.forgive();
    EXPECT_EQ(taken(meter, start), 3);
    meter.forgive();
    meter.forgive_one();
    EXPECT_EQ(taken(meter, start), 3);
}

}  // namespace
}  // namespace symphony::net::detail
