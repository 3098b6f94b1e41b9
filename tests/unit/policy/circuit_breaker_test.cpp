#include "symphony/policy/circuit_breaker.hpp"

#include "unit/policy/breaker_fixture.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

// What opens a circuit, and what a permit is.

namespace symphony {
namespace {

using namespace symphony::testing;

TEST_F(breaker_test, opens_when_failure_threshold_consecutive_calls_fail) {
    auto breaker = make();
    fail(breaker, start, 4);
    EXPECT_EQ(state(breaker, start), circuit_state::closed);
    fail(breaker, start);
    EXPECT_EQ(state(breaker, start), circuit_state::open);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].from, circuit_state::closed);
    EXPECT_EQ(told[0].to, circuit_state::open);
    EXPECT_EQ(told[0].reason, circuit_reason::consecutive_failures);
    EXPECT_EQ(told[0].at, start);
    EXPECT_EQ(told[0].consecutive_failures, 5u);
    EXPECT_EQ(told[0].window_total, 5u);
    EXPECT_EQ(told[0].window_failures, 5u);
}

TEST_F(breaker_test, a_success_breaks_the_row) {
    auto breaker = make();
    for (int i = 0; i < 10; ++i) {
        fail(breaker, start, 4);
        succeed(breaker, start);
    }
    EXPECT_EQ(state(breaker, start), circuit_state::closed) << "no share is watched by default";
}

TEST_F(breaker_test, opens_when_the_failure_share_is_reached_over_the_window) {
    options.failure_threshold = 1000;
    options.failure_rate = 0.55;
    options.minimum_requests = 100;
    auto breaker = make();
    fail(breaker, start, 54);
    succeed(breaker, start, 45);
    EXPECT_EQ(state(breaker, start), circuit_state::closed) << "99 outcomes are too few";
    fail(breaker, start);
    EXPECT_EQ(state(breaker, start), circuit_state::open) << "exactly 0.55";
    EXPECT_EQ(told.at(0).reason, circuit_reason::failure_share);
}

TEST_F(breaker_test, the_share_is_judged_at_every_outcome_a_success_included) {
    options.failure_threshold = 1000;
    options.failure_rate = 0.5;
    auto breaker = make();
    fail(breaker, start, 9);
    EXPECT_EQ(state(breaker, start), circuit_state::closed);
    succeed(breaker, start);
    EXPECT_EQ(state(breaker, start), circuit_state::open);
}

TEST_F(breaker_test, outcomes_older_than_the_window_do_not_count) {
    options.failure_threshold = 1000;
    options.failure_rate = 0.5;
    auto breaker = make();
    fail(breaker, start, 9);
    succeed(breaker, start + 10s);
    EXPECT_EQ(state(breaker, start + 10s), circuit_state::closed);
    EXPECT_EQ(breaker.inspect(start + 10s).window_total, 1u);
}

TEST_F(breaker_test, with_a_latency_threshold_a_slower_call_counts_as_a_failure_in_the_share) {
    options.latency_threshold = 100ms;
    auto breaker = make();
    for (int i = 0; i < 9; ++i)
        permit(breaker, start).success(start + 100ms + 1ns);
    EXPECT_EQ(breaker.inspect(start + 1s).window_failures, 9u);
    EXPECT_EQ(breaker.inspect(start + 1s).consecutive_failures, 0u) << "in the share only";
    permit(breaker, start).success(start + 100ms);
    EXPECT_EQ(state(breaker, start + 1s), circuit_state::open) << "the share is 0.5 unless given";
    EXPECT_EQ(told.at(0).window_failures, 9u) << "slower means strictly slower";
}

TEST_F(breaker_test, a_call_still_running_past_the_threshold_counts_as_slow_right_then) {
    options.latency_threshold = 100ms;
    options.minimum_requests = 2;
    auto breaker = make();
    auto first = permit(breaker, start);
    auto second = permit(breaker, start);
    EXPECT_EQ(first.slow_at(), start + 100ms + 1ns);
    first.slow(start + 100ms);
    EXPECT_EQ(breaker.inspect(start + 100ms).window_total, 0u) << "not yet";
    first.slow(start + 101ms);
    first.slow(start + 102ms);
    EXPECT_EQ(breaker.inspect(start + 102ms).window_total, 1u) << "once";
    first.success(start + 103ms);
    EXPECT_EQ(breaker.inspect(start + 103ms).window_total, 1u) << "its success counts no more";
    second.slow(start + 104ms);
    EXPECT_EQ(state(breaker, start + 104ms), circuit_state::open) << "while it still runs";
    second.failure(start + 200ms);
}

TEST_F(breaker_test, an_answer_in_time_may_be_read_for_as_long_as_it_likes) {
    options.latency_threshold = 100ms;
    auto breaker = make();
    auto in_time = permit(breaker, start);
    auto late = permit(breaker, start);
    in_time.answered(start + 100ms);
    late.answered(start + 101ms);
    EXPECT_EQ(breaker.inspect(start + 101ms).window_failures, 1u) << "the late one, right then";
    in_time.slow(start + 10s);
    in_time.success(start + 20s);
    late.success(start + 20s);
    const auto seen = breaker.inspect(start + 20s);
    EXPECT_EQ(seen.window_total, 1u) << "the late one counted when it was";
    EXPECT_EQ(seen.window_failures, 0u);
}

TEST_F(breaker_test, a_failure_after_slow_still_counts_in_the_row) {
    options.latency_threshold = 100ms;
    options.failure_threshold = 1;
    auto breaker = make();
    auto p = permit(breaker, start);
    p.slow(start + 1s);
    p.failure(start + 2s);
    EXPECT_EQ(told.at(0).reason, circuit_reason::consecutive_failures);
    EXPECT_EQ(told.at(0).window_total, 1u);
}

TEST_F(breaker_test, without_a_latency_threshold_nothing_is_slow) {
    auto breaker = make();
    auto p = permit(breaker, start);
    EXPECT_EQ(p.slow_at(), std::nullopt);
    p.slow(start + 1h);
    EXPECT_EQ(breaker.inspect(start + 1h).window_total, 0u);
    p.success(start + 1h);
    EXPECT_EQ(breaker.inspect(start + 1h).window_failures, 0u);
}

TEST_F(breaker_test, cancelled_calls_are_neutral) {
    auto breaker = make();
    fail(breaker, start, 4);
    {
        auto dropped = permit(breaker, start);
    }
    permit(breaker, start).cancel();
    EXPECT_EQ(breaker.inspect(start).consecutive_failures, 4u);
    EXPECT_EQ(breaker.inspect(start).window_total, 4u);
    fail(breaker, start);
    EXPECT_EQ(state(breaker, start), circuit_state::open);
}

TEST_F(breaker_test, moving_a_permit_moves_the_duty_to_report) {
    auto breaker = make();
    auto first = permit(breaker, start);
    circuit_permit second = std::move(first);
    EXPECT_FALSE(first.held());
    EXPECT_TRUE(second.held());
    first.failure(start);
    second.failure(start);
    second.failure(start);
    EXPECT_EQ(breaker.inspect(start).consecutive_failures, 1u);
    fail(breaker, start, 4);
    auto probe = permit(breaker, start + 30s);
    probe = circuit_permit();
    EXPECT_EQ(breaker.look(start + 30s), std::nullopt) << "what was assigned over is cancelled";
}

TEST_F(breaker_test, a_closed_breaker_holds_at_most_256_bytes) {
    circuit_breaker breaker = make();
    EXPECT_LE(breaker.memory(), 256u);
    fail(breaker, start, 5);
    permit(breaker, start + 30s).success(start + 31s);
    EXPECT_EQ(breaker.inspect(start + 31s).state, circuit_state::closed);
    EXPECT_LE(breaker.memory(), 256u) << "nothing is left of the recovery";
}

TEST_F(breaker_test, times_at_the_ends_of_the_range_saturate) {
    options.failure_threshold = 1;
    options.latency_threshold = 1ms;
    auto breaker = make();
    permit(breaker, instant::min()).success(instant::max());
    auto p = permit(breaker, instant::max());
    EXPECT_EQ(p.slow_at(), instant::max());
    p.failure(instant::max());
    EXPECT_TRUE(breaker.look(start).has_value());
    EXPECT_EQ(breaker.inspect(instant::max()).state, circuit_state::open);
}

TEST_F(breaker_test, impossible_options_throw) {
    options.failure_threshold = 0;
    EXPECT_THROW(circuit_breaker{options}, std::invalid_argument);
}

TEST(circuit_names, are_those_of_the_contract) {
    EXPECT_EQ(to_string(circuit_state::closed), "closed");
    EXPECT_EQ(to_string(circuit_state::half_open), "half-open");
    EXPECT_EQ(to_string(circuit_state::open), "open");
    EXPECT_EQ(to_string(circuit_reason::consecutive_failures), "consecutive_failures");
    EXPECT_EQ(to_string(circuit_reason::failure_share), "failure_share");
    EXPECT_EQ(to_string(circuit_reason::probe_failed), "probe_failed");
    EXPECT_EQ(to_string(circuit_reason::reset_timeout), "reset_timeout");
    EXPECT_EQ(to_string(circuit_reason::recovered), "recovered");
    EXPECT_EQ(to_string(circuit_reason::manual), "manual");
    EXPECT_EQ(to_string(circuit_reason::health_check), "health_check");
}

}  // namespace
}  // namespace symphony
