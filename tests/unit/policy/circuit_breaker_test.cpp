#include "symphony/policy/circuit_breaker.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace symphony {
namespace {

using namespace symphony::testing;

struct breaker_test : ::testing::Test {
    circuit_breaker_options options;
    std::vector<circuit_transition> told;

    circuit_breaker make() {
        return circuit_breaker(options, [this](const circuit_transition& t) { told.push_back(t); });
    }
    static circuit_permit permit(circuit_breaker& breaker, instant now,
                                 instant latest = instant::max()) {
        auto got = breaker.try_acquire(now, latest);
        EXPECT_TRUE(got.has_value());
        return got ? std::move(*got) : circuit_permit();
    }
    static void fail(circuit_breaker& breaker, instant now, int times = 1) {
        for (int i = 0; i < times; ++i)
            permit(breaker, now).failure(now);
    }
    static void succeed(circuit_breaker& breaker, instant now, int times = 1) {
        for (int i = 0; i < times; ++i)
            permit(breaker, now).success(now);
    }
    static circuit_state state(const circuit_breaker& breaker, instant now) {
        return breaker.inspect(now).state;
    }
};

// --- what opens it ---

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

// --- OPEN ---

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

// --- HALF_OPEN ---

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

TEST_F(breaker_test, an_idle_breaker_holds_at_most_512_bytes) {
    EXPECT_LE(make().memory(), 512u);
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
