#include "policy/slot_log.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

namespace symphony::detail {
namespace {

using namespace symphony::testing;

constexpr instant aligned{1000s};

TEST(slot_log, a_permit_counts_as_admitted_at_the_end_of_its_slot) {
    slot_log log(1s);
    EXPECT_EQ(log.round_up(aligned), aligned + 1ms);
    EXPECT_EQ(log.round_up(aligned + 1ms - 1ns), aligned + 1ms);
    EXPECT_EQ(log.round_up(instant(-1ns)), instant());
    ASSERT_TRUE(log.push(aligned + 1us, 5, instant::min()));
    ASSERT_TRUE(log.push(aligned + 999us, 5, instant::min()));
    ASSERT_TRUE(log.push(aligned + 1ms, 1, instant::min()));
    EXPECT_EQ(log.at(0), aligned + 1ms);
    EXPECT_EQ(log.at(9), aligned + 1ms);
    EXPECT_EQ(log.at(10), aligned + 2ms);
    EXPECT_EQ(log.lower_bound(aligned + 1ms), 0);
    EXPECT_EQ(log.lower_bound(aligned + 1ms + 1ns), 10);
    EXPECT_EQ(log.lower_bound(aligned + 1s), log.end());
}

TEST(slot_log, a_window_takes_the_same_memory_however_many_permits) {
    slot_log log(1s);
    EXPECT_EQ(log.memory(), 0u);
    for (int i = 0; i < 100'000; ++i) {
        const instant now = aligned + i * 37us;
        ASSERT_TRUE(log.push(now, 1000, now - 1s));
    }
    EXPECT_LE(log.memory(), 16'384u);
    log.clear();
    EXPECT_EQ(log.memory(), 0u);
}

TEST(slot_log, a_refund_takes_from_the_slot_of_its_admission) {
    slot_log log(1s);
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(log.push(aligned + i * 1ms, 10, instant::min()));
    log.refund(aligned + 1ms, 4);
    EXPECT_EQ(log.end(), 26);
    EXPECT_EQ(log.at(15), aligned + 2ms);
    EXPECT_EQ(log.at(16), aligned + 3ms);
    log.refund(aligned + 1ms, 100);
    EXPECT_EQ(log.end(), 20) << "never more than the slot holds";
    log.refund(aligned - 1ms, 5);
    log.refund(aligned + 1s, 5);
    EXPECT_EQ(log.end(), 20) << "never from another slot";
}

}  // namespace
}  // namespace symphony::detail
