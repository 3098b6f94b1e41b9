#include "symphony/core/deadline.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

using namespace std::chrono_literals;

constexpr instant now{1000s};

TEST(deadline, none_never_passes) {
    constexpr deadline none;
    EXPECT_FALSE(none.is_set());
    EXPECT_FALSE(none.passed(now));
    EXPECT_EQ(none.remaining(now), duration::max());
    EXPECT_TRUE(none.allows(now, duration::max()));
}

TEST(deadline, passes_at_its_moment) {
    constexpr deadline d = deadline::after(now, 10s);
    EXPECT_TRUE(d.is_set());
    EXPECT_EQ(d.at(), now + 10s);
    EXPECT_FALSE(d.passed(now + 10s - 1ns));
    EXPECT_TRUE(d.passed(now + 10s));
    EXPECT_EQ(d.remaining(now + 4s), 6s);
    EXPECT_EQ(d.remaining(now + 11s), 0s);
}

TEST(deadline, allows_a_wait_that_ends_before_it) {
    constexpr deadline d = deadline::after(now, 10s);
    EXPECT_TRUE(d.allows(now, 10s - 1ns));
    EXPECT_FALSE(d.allows(now, 10s));
    EXPECT_FALSE(d.allows(now + 20s, 0s));
}

TEST(deadline, saturates) {
    EXPECT_FALSE(deadline::after(now, duration::max()).is_set());
    EXPECT_EQ(deadline::after(instant(-1h), duration::max()).at(), instant(-1h) + duration::max());
    EXPECT_EQ(deadline::after(now, -5s).at(), now);
    EXPECT_EQ(deadline(instant::max() - 1ns).remaining(instant::min()), duration::max());
}

TEST(deadline, the_earlier_of_two_rules) {
    const deadline soon = deadline::after(now, 1s);
    const deadline late = deadline::after(now, 2s);
    EXPECT_EQ(soon.earlier(late).at(), soon.at());
    EXPECT_EQ(late.earlier(soon).at(), soon.at());
    EXPECT_EQ(deadline().earlier(late).at(), late.at());
}

}  // namespace
}  // namespace symphony
