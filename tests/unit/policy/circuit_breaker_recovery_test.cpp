#include "symphony/policy/circuit_breaker.hpp"
#include "unit/policy/breaker_fixture.hpp"

#include <gtest/gtest.h>

// OPEN, HALF_OPEN and the way back.

namespace symphony {
namespace {

using namespace symphony::testing;

TEST_F(breaker_test, open_refuses_at_once_with_what_remains) {
    auto breaker = make();
    fail(breaker, start, 5);
    const auto refused = breaker.try_acquire(start + 10s);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().state, circuit_state::open);
    EXPECT_EQ(refused.error().retry_after, 20s);
    EXPECT_EQ(breaker.look(start + 29s)->retry_after, 1s);
    EXPECT_EQ(breaker.inspect(start + 29s).retry_after, 1s);
}

TEST_F(breaker_test, at_exactly_reset_timeout_a_call_is_admitted) {
    auto breaker = make();
    fail(breaker, start, 5);
    EXPECT_FALSE(breaker.try_acquire(start + 30s - 1ns).has_value());
    EXPECT_EQ(breaker.look(start + 30s), std::nullopt);
    EXPECT_EQ(state(breaker, start + 30s), circuit_state::open) << "a look changes nothing";
    auto probe = permit(breaker, start + 30s);
    EXPECT_EQ(state(breaker, start + 30s), circuit_state::half_open);
    EXPECT_EQ(told.at(1).reason, circuit_reason::reset_timeout);
}

TEST_F(breaker_test, each_reopening_doubles_the_time_up_to_max) {
    options.reset_timeout = 1s;
    auto breaker = make();
    fail(breaker, start, 5);
    instant now = start;
    for (const auto length : {1s, 2s, 4s, 8s, 10s, 10s}) {
        EXPECT_EQ(breaker.look(now)->retry_after, length);
        now += length;
        fail(breaker, now);
    }
    now += 10s;
    succeed(breaker, now);
    EXPECT_EQ(state(breaker, now), circuit_state::closed);
    fail(breaker, now, 5);
    EXPECT_EQ(breaker.look(now)->retry_after, 1s) << "closing resets it";
}

TEST_F(breaker_test, a_health_check_moves_open_to_half_open_at_once) {
    auto breaker = make();
    breaker.half_open(start);
    EXPECT_EQ(state(breaker, start), circuit_state::closed) << "no effect in other states";
    fail(breaker, start, 5);
    breaker.half_open(start + 1s);
    EXPECT_EQ(state(breaker, start + 1s), circuit_state::half_open);
    EXPECT_EQ(told.at(1).reason, circuit_reason::health_check);
    EXPECT_TRUE(breaker.try_acquire(start + 1s).has_value());
}

TEST_F(breaker_test, half_open_admits_at_most_success_threshold_calls_in_flight) {
    options.success_threshold = 2;
    auto breaker = make();
    fail(breaker, start, 5);
    auto first = permit(breaker, start + 30s);
    auto second = permit(breaker, start + 30s);
    const auto third = breaker.try_acquire(start + 30s);
    ASSERT_FALSE(third.has_value());
    EXPECT_EQ(third.error().state, circuit_state::half_open);
    EXPECT_EQ(third.error().retry_after, 0ns);
    EXPECT_EQ(breaker.look(start + 30s)->state, circuit_state::half_open);
    first.success(start + 31s);
    EXPECT_EQ(state(breaker, start + 31s), circuit_state::half_open);
    second.success(start + 31s);
    EXPECT_EQ(state(breaker, start + 31s), circuit_state::closed) << "that many successes close it";
    EXPECT_EQ(told.back().reason, circuit_reason::recovered);
    EXPECT_EQ(breaker.inspect(start + 31s).window_total, 0u) << "with fresh counters";
}

TEST_F(breaker_test, one_failure_in_half_open_opens_it) {
    options.success_threshold = 3;
    auto breaker = make();
    fail(breaker, start, 5);
    auto first = permit(breaker, start + 30s);
    auto second = permit(breaker, start + 30s);
    first.failure(start + 30s);
    EXPECT_EQ(state(breaker, start + 30s), circuit_state::open);
    EXPECT_EQ(told.back().reason, circuit_reason::probe_failed);
    second.success(start + 31s);
    EXPECT_EQ(state(breaker, start + 31s), circuit_state::open) << "an older generation";
}

TEST_F(breaker_test, a_permit_dropped_without_a_result_is_free_again) {
    auto breaker = make();
    fail(breaker, start, 5);
    {
        auto dropped = permit(breaker, start + 30s);
    }
    EXPECT_EQ(state(breaker, start + 30s), circuit_state::half_open);
    succeed(breaker, start + 30s);
    EXPECT_EQ(state(breaker, start + 30s), circuit_state::closed);
}

TEST_F(breaker_test, a_probe_that_never_returns_is_released_when_its_deadline_passes) {
    auto breaker = make();
    fail(breaker, start, 5);
    auto lost = permit(breaker, start + 30s, start + 40s);
    EXPECT_FALSE(breaker.try_acquire(start + 40s - 1ns).has_value());
    EXPECT_EQ(breaker.look(start + 40s), std::nullopt);
    auto next = permit(breaker, start + 40s, start + 50s);
    EXPECT_FALSE(breaker.try_acquire(start + 41s).has_value());
    lost.failure(start + 42s);
    EXPECT_EQ(state(breaker, start + 42s), circuit_state::half_open) << "its place is another's";
    next.success(start + 43s);
    EXPECT_EQ(state(breaker, start + 43s), circuit_state::closed);
}

TEST_F(breaker_test, a_late_result_from_an_older_state_changes_nothing) {
    auto breaker = make();
    auto late_failure = permit(breaker, start);
    auto late_success = permit(breaker, start);
    auto late_slow = permit(breaker, start);
    fail(breaker, start, 5);
    auto probe = permit(breaker, start + 30s);
    late_failure.failure(start + 30s);
    late_success.success(start + 30s);
    EXPECT_EQ(state(breaker, start + 30s), circuit_state::half_open);
    probe.success(start + 31s);
    late_slow.failure(start + 32s);
    EXPECT_EQ(breaker.inspect(start + 32s).consecutive_failures, 0u);
    EXPECT_EQ(breaker.inspect(start + 32s).window_total, 0u);
}

}  // namespace
}  // namespace symphony
