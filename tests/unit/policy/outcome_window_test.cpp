#include "policy/outcome_window.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

namespace symphony::detail {
namespace {

using namespace symphony::testing;

constexpr instant aligned{1600s};  // a multiple of every bucket length used here

TEST(outcome_window, counts_what_is_younger_than_the_window) {
    outcome_window window(3200ms);
    window.add(aligned, true);
    window.add(aligned + 1s, false);
    window.advance(aligned + 3200ms - 1ns);
    EXPECT_EQ(window.total(), 2u);
    EXPECT_EQ(window.failures(), 1u);
    window.advance(aligned + 3200ms);
    EXPECT_EQ(window.total(), 1u);
    EXPECT_EQ(window.failures(), 0u);
    window.advance(aligned + 4200ms);
    EXPECT_EQ(window.total(), 0u);
}

TEST(outcome_window, nothing_stale_counts_after_an_idle_gap_of_any_length) {
    for (const duration gap : {duration(3200ms), duration(3300ms), duration(6400ms), duration(1h),
                               duration(std::chrono::days(10'000))}) {
        outcome_window window(3200ms);
        for (int i = 0; i < 32; ++i)
            window.add(aligned + i * 100ms, true);
        window.add(aligned + 3100ms + gap, false);
        EXPECT_EQ(window.total(), 1u) << gap.count();
        EXPECT_EQ(window.failures(), 0u);
    }
}

TEST(outcome_window, a_time_that_lags_counts_now) {
    outcome_window window(3200ms);
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
    outcome_window window(3200ms);
    window.add(aligned, true);
    window.add(aligned + 3s, false);
    window.resize(1600ms);
    EXPECT_EQ(window.total(), 1u);
    EXPECT_EQ(window.failures(), 0u);
    window.resize(32s);
    window.advance(aligned + 20s);
    EXPECT_EQ(window.total(), 1u);
    window.advance(aligned + 60s);
    EXPECT_EQ(window.total(), 0u);
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
