#include "symphony/policy/circuit_breaker.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

// Manual control and new options.

namespace symphony {
namespace {

using namespace symphony::testing;

struct breaker_control : ::testing::Test {
    std::vector<circuit_transition> told;
    circuit_breaker_options options;
    circuit_breaker breaker{options, [this](const circuit_transition& t) { told.push_back(t); }};

    void fail(instant now, int times) {
        for (int i = 0; i < times; ++i) {
            auto permit = breaker.try_acquire(now);
            ASSERT_TRUE(permit.has_value());
            permit->failure(now);
        }
    }
};

TEST_F(breaker_control, open_holds_until_released_and_no_time_out_ends_it) {
    breaker.control(circuit_control::open, start);
    const auto refused = breaker.try_acquire(start + std::chrono::days(1000));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().retry_after, duration::max());
    EXPECT_FALSE(breaker.try_acquire(instant::max()).has_value());
    breaker.half_open(start);
    const auto view = breaker.inspect(start);
    EXPECT_EQ(view.state, circuit_state::open);
    EXPECT_TRUE(view.manual);
    EXPECT_EQ(view.retry_after, std::nullopt);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].reason, circuit_reason::manual);
    breaker.control(circuit_control::automatic, start + 1s);
    EXPECT_EQ(breaker.inspect(start + 1s).state, circuit_state::closed);
    EXPECT_FALSE(breaker.inspect(start + 1s).manual);
    EXPECT_TRUE(breaker.try_acquire(start + 1s).has_value());
    EXPECT_EQ(told.size(), 2u);
}

TEST_F(breaker_control, closed_admits_all_records_and_never_opens) {
    breaker.control(circuit_control::closed, start);
    EXPECT_TRUE(told.empty());
    fail(start, 100);
    const auto view = breaker.inspect(start);
    EXPECT_EQ(view.state, circuit_state::closed);
    EXPECT_EQ(view.consecutive_failures, 100u);
    EXPECT_EQ(view.window_failures, 100u);
}

TEST_F(breaker_control, automatic_from_closed_begins_with_fresh_counters) {
    breaker.control(circuit_control::closed, start);
    auto late = breaker.try_acquire(start);
    fail(start, 100);
    breaker.control(circuit_control::automatic, start);
    EXPECT_EQ(breaker.inspect(start).consecutive_failures, 0u);
    EXPECT_EQ(breaker.inspect(start).window_total, 0u);
    late->failure(start);
    EXPECT_EQ(breaker.inspect(start).consecutive_failures, 0u) << "an older generation";
    fail(start, 5);
    EXPECT_EQ(breaker.inspect(start).state, circuit_state::open);
}

TEST_F(breaker_control, automatic_where_nothing_was_set_changes_nothing) {
    fail(start, 5);
    breaker.control(circuit_control::automatic, start);
    EXPECT_EQ(breaker.inspect(start).state, circuit_state::open);
    EXPECT_EQ(told.size(), 1u);
}

TEST_F(breaker_control, closed_releases_a_circuit_that_opened_by_itself) {
    fail(start, 5);
    breaker.control(circuit_control::closed, start + 1s);
    EXPECT_TRUE(breaker.try_acquire(start + 1s).has_value());
    EXPECT_EQ(told.back().to, circuit_state::closed);
    EXPECT_EQ(told.back().reason, circuit_reason::manual);
}

TEST_F(breaker_control, from_one_manual_mode_to_the_other) {
    breaker.control(circuit_control::open, start);
    breaker.control(circuit_control::closed, start);
    EXPECT_TRUE(breaker.try_acquire(start).has_value());
    breaker.control(circuit_control::open, start);
    EXPECT_FALSE(breaker.try_acquire(start).has_value());
}

TEST_F(breaker_control, an_open_circuit_taken_over_by_hand_stays_open_past_its_time) {
    fail(start, 5);
    breaker.control(circuit_control::open, start);
    EXPECT_FALSE(breaker.try_acquire(start + 1h).has_value());
    EXPECT_EQ(told.size(), 1u) << "no change of state";
}

TEST_F(breaker_control, reconfigure_keeps_state_counters_and_generation) {
    auto early = breaker.try_acquire(start);
    fail(start, 3);
    options.failure_threshold = 10;
    options.window = 20s;
    breaker.reconfigure(options, start);
    EXPECT_EQ(breaker.inspect(start).consecutive_failures, 3u);
    EXPECT_EQ(breaker.inspect(start).window_failures, 3u);
    early->failure(start);
    EXPECT_EQ(breaker.inspect(start).consecutive_failures, 4u);
    fail(start, 6);
    EXPECT_EQ(breaker.inspect(start).state, circuit_state::open);
    options.reset_timeout = 1s;
    breaker.reconfigure(options, start);
    EXPECT_EQ(breaker.look(start)->retry_after, 30s) << "an opening lasts as long as it was told";
    auto probe = breaker.try_acquire(start + 30s);
    ASSERT_TRUE(probe.has_value());
    probe->failure(start + 30s);
    EXPECT_EQ(breaker.look(start + 30s)->retry_after, 2s);
}

TEST_F(breaker_control, reconfigure_in_half_open_keeps_the_permits_that_are_out) {
    fail(start, 5);
    auto probe = breaker.try_acquire(start + 30s);
    options.success_threshold = 2;
    breaker.reconfigure(options, start + 30s);
    auto second = breaker.try_acquire(start + 30s);
    EXPECT_TRUE(second.has_value());
    EXPECT_FALSE(breaker.try_acquire(start + 30s).has_value());
    probe->success(start + 31s);
    second->success(start + 31s);
    EXPECT_EQ(breaker.inspect(start + 31s).state, circuit_state::closed);
}

TEST_F(breaker_control, reconfigure_with_impossible_options_changes_nothing) {
    circuit_breaker_options wrong;
    wrong.reset_timeout = 0s;
    EXPECT_THROW(breaker.reconfigure(wrong, start), std::invalid_argument);
    fail(start, 5);
    EXPECT_EQ(breaker.look(start)->retry_after, 30s);
}

TEST_F(breaker_control, a_listener_may_use_the_breaker) {
    circuit_breaker* self = nullptr;
    circuit_state seen{};
    circuit_breaker talkative(
        options, [&](const circuit_transition& t) { seen = self->inspect(t.at).state; });
    self = &talkative;
    talkative.control(circuit_control::open, start);
    EXPECT_EQ(seen, circuit_state::open);
}

}  // namespace
}  // namespace symphony
