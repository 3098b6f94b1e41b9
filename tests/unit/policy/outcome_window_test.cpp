#include "policy/outcome_window.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

namespace symphony::detail {
namespace {

using namespace symphony::testing;

constexpr instant aligned{1600s};  // a multiple of every bucket length used here

TEST(outcome_window, counts_what_is_younger_than_the_window) {
    outcome_window window(2400ms);
    window.add(aligned, true);
    window.add(aligned + 1s, false);
    window.advance(aligned + 2400ms - 1ns);
    EXPECT_EQ(window.total(), 2u);
    EXPECT_EQ(window.failures(), 1u);
    window.advance(aligned + 2400ms);
    EXPECT_EQ(window.total(), 1u);
    EXPECT_EQ(window.failures(), 0u);
    window.advance(aligned + 3400ms);
    EXPECT_EQ(window.total(), 0u);
}

TEST(outcome_window, nothing_stale_counts_after_an_idle_gap_of_any_length) {
    for (const duration gap : {duration(2400ms), duration(2500ms), duration(4800ms), duration(1h),
                               duration(std::chrono::days(10'000))}) {
        outcome_window window(2400ms);
        for (int i = 0; i < 12; ++i)
            window.add(aligned + i * 200ms, true);
        window.add(aligned + 2200ms + gap, false);
        EXPECT_EQ(window.total(), 1u) << gap.count();
        EXPECT_EQ(window.failures(), 0u);
    }
}

TEST(outcome_window, a_time_that_lags_counts_now) {
    outcome_window window(2400ms);
    window.add(aligned + 10s, true);
    window.add(aligned, true);
    EXPECT_EQ(window.total(), 2u);
}

TEST(outcome_window, the_ends_of_time_are_harmless) {
    for (const instant first : {instant::min(), instant(-1h), instant()}) {
        outcome_window window(1ms);
        window.add(first, true);
        window.add(instant::max(), true);
        window.add(instant::max(), true);
        EXPECT_EQ(window.total(), first == instant::max() ? 3u : 2u);
    }
}

TEST(outcome_window, a_new_length_keeps_what_is_young_enough) {
    outcome_window window(2400ms);
    window.add(aligned, true);
    window.add(aligned + 2s, false);
    window.resize(1200ms);
    EXPECT_EQ(window.total(), 1u);
    EXPECT_EQ(window.failures(), 0u);
    window.resize(24s);
    window.advance(aligned + 20s);
    EXPECT_EQ(window.total(), 1u);
    window.advance(aligned + 60s);
    EXPECT_EQ(window.total(), 0u);
}

TEST(outcome_window, a_full_bucket_keeps_its_share_of_failures) {
    outcome_window window(1200ms);
    constexpr std::uint32_t most = (1U << 20) - 1;
    for (std::uint32_t i = 0; i < 2 * most; ++i)
        window.add(aligned, i % 4 == 0);
    EXPECT_EQ(window.total(), 2 * most) << "while it is the newest";
    window.add(aligned + 100ms, true);
    EXPECT_EQ(window.total(), most + 1);
    EXPECT_NEAR(window.failures(), most / 4.0, 2.0);
    window.advance(aligned + 1200ms);
    EXPECT_EQ(window.total(), 1u);
    EXPECT_EQ(window.failures(), 1u);
}

TEST(outcome_window, the_shortest_window_survives_the_longest_gap) {
    outcome_window window(1ns);
    window.add(instant::min(), true);
    window.add(instant::max() - 3ns, true);
    EXPECT_EQ(window.total(), 1u);
    window.add(instant::max(), false);
    EXPECT_LE(window.total(), 2u);
}

TEST(outcome_window, clear_forgets_all) {
    outcome_window window(1s);
    window.add(aligned, true);
    window.clear();
    EXPECT_EQ(window.total(), 0u);
    window.add(aligned, false);
    EXPECT_EQ(window.total(), 1u);
}

}  // namespace
}  // namespace symphony::detail
