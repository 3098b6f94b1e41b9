#include "policy/permit_log.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

namespace symphony::detail {
namespace {

using namespace symphony::testing;

constexpr std::uint64_t all = 1'000'000;
constexpr instant never = instant::min();

TEST(permit_log, numbers_stay_valid_while_the_ring_grows) {
    permit_log log;
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(log.push(start + i * 1ms, 1, all, never));
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(log.at(i), start + i * 1ms);
    EXPECT_EQ(log.heap_bytes(), 1024u * 8);
}

TEST(permit_log, what_is_needed_no_more_makes_room_before_the_ring_grows) {
    permit_log kept;
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(kept.push(start + i * 1ms, 1, 10, never));
    EXPECT_EQ(kept.heap_bytes(), 16u * 8);
    EXPECT_LE(kept.begin(), kept.end() - 10);
    permit_log aged;
    for (int i = 0; i < 1000; ++i) {
        const instant now = start + i * 1ms;
        ASSERT_TRUE(aged.push(now, 1, all, now - 12ms));
    }
    EXPECT_EQ(aged.heap_bytes(), 16u * 8);
    EXPECT_FALSE(aged.remembers(start));
    EXPECT_TRUE(aged.remembers(start + 999ms));
}

TEST(permit_log, lower_bound_finds_the_first_at_or_after) {
    permit_log log;
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(log.push(start + i * 10ms, 2, all, never));
    EXPECT_EQ(log.lower_bound(start - 1ns), 0);
    EXPECT_EQ(log.lower_bound(start + 10ms), 2);
    EXPECT_EQ(log.lower_bound(start + 10ms + 1ns), 4);
    EXPECT_EQ(log.lower_bound(start + 1s), log.end());
}

TEST(permit_log, erase_closes_the_gap) {
    permit_log log;
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(log.push(start + i * 10ms, 1, all, never));
    log.erase(1, 2);
    EXPECT_EQ(log.end(), 3);
    EXPECT_EQ(log.at(0), start);
    EXPECT_EQ(log.at(1), start + 30ms);
    EXPECT_EQ(log.at(2), start + 40ms);
    log.erase(2, 100);
    EXPECT_EQ(log.end(), 2);
}

TEST(permit_log, shrinking_keeps_what_is_not_expired) {
    for (const int kept : {0, 3, 4, 5, 100}) {
        permit_log log;
        for (int i = 0; i < 1000; ++i)
            ASSERT_TRUE(log.push(start + i * 1ms, 1, all, never));
        log.shrink(start + 999ms - kept * 1ms);
        ASSERT_EQ(log.end() - log.begin(), kept);
        for (int i = 0; i < kept; ++i)
            EXPECT_EQ(log.at(log.end() - 1 - i), start + 999ms - i * 1ms);
        EXPECT_EQ(log.heap_bytes(), kept <= 4 ? 0u : kept == 5 ? 64u : 1024u);
        EXPECT_FALSE(log.remembers(start + 999ms - kept * 1ms));
        EXPECT_TRUE(log.remembers(start + 1000ms - kept * 1ms));
        ASSERT_TRUE(log.push(start + 1s, 50, all, never));
        EXPECT_EQ(log.end() - log.begin(), kept + 50);
        EXPECT_EQ(log.at(log.end() - 1), start + 1s);
    }
}

TEST(permit_log, clear_frees_everything_and_it_can_be_used_again) {
    permit_log log;
    ASSERT_TRUE(log.push(start, 100, all, never));
    log.clear();
    EXPECT_EQ(log.heap_bytes(), 0u);
    EXPECT_EQ(log.begin(), log.end());
    EXPECT_EQ(log.lower_bound(start), log.end());
    ASSERT_TRUE(log.push(start + 1s, 1, all, never));
    EXPECT_EQ(log.at(log.end() - 1), start + 1s);
}

}  // namespace
}  // namespace symphony::detail
