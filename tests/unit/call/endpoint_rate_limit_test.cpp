#include "call_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;

class endpoint_rate_limit_test : public ::testing::Test, protected call_rig {
protected:
    void limit(std::uint64_t per_minute) {
        options.rate_limit.emplace().max_requests_per_minute = per_minute;
        options.timeout = std::chrono::minutes(10);
    }
};

TEST_F(endpoint_rate_limit_test, beyond_the_limit_a_call_waits_for_its_permit) {
    limit(1);
    ASSERT_TRUE(call());
    const auto second = start();
    EXPECT_FALSE(second->outcome);
    EXPECT_EQ(state.gate->queued(), 1u);
    advance(59s);
    EXPECT_FALSE(second->outcome) << "never more than max in any window";
    advance(2s);
    ASSERT_TRUE(second->outcome && *second->outcome);
    EXPECT_EQ(transport.sent.size(), 2u);
    EXPECT_EQ(state.metrics->total().rate_limit_wait.total, 2u) << "zero waits too";
}

TEST_F(endpoint_rate_limit_test, waiting_calls_go_by_priority_and_then_by_arrival) {
    limit(1);
    ASSERT_TRUE(call());
    std::vector<std::string> order;
    transport.on_send = [&](const sent_request& seen) -> result<response> {
        order.push_back(seen.target);
        return answer(200);
    };
    request last("/last");
    last.priority = 9;
    request first("/first");
    first.priority = 0;
    const auto a = start(last);
    const auto b = start(request("/second"));
    const auto c = start(request("/third"));
    const auto d = start(first);
    advance(5min);
    EXPECT_EQ(order,
              (std::vector<std::string>{"/v2/first", "/v2/second", "/v2/third", "/v2/last"}));
}

TEST_F(endpoint_rate_limit_test, a_wait_that_cannot_fit_the_deadline_is_refused_at_once) {
    limit(1);
    ASSERT_TRUE(call());
    request hasty;
    hasty.timeout = 5s;
    const auto got = call(hasty);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::rate_limited);
    EXPECT_EQ(got.error().retry_after, 60s);
    EXPECT_EQ(got.error().attempts, 0);
    EXPECT_EQ(transport.sent.size(), 1u);
    EXPECT_EQ(state.metrics->total().rate_limit_rejected, 1u);
    advance(60s);
    EXPECT_TRUE(call()) << "whoever waits exactly retry_after is admitted";
}

TEST_F(endpoint_rate_limit_test, a_full_queue_is_overloaded) {
    limit(1);
    options.rate_limit->max_queue_size = 1;
    ASSERT_TRUE(call());
    const auto waiting = start();
    const auto got = call();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::overloaded);
    EXPECT_TRUE(got.error().retry_after);
}

TEST_F(endpoint_rate_limit_test, without_a_queue_nobody_waits) {
    limit(1);
    options.rate_limit->max_queue_size = 0;
    ASSERT_TRUE(call());
    const auto got = call();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::rate_limited);
}

TEST_F(endpoint_rate_limit_test, a_cost_above_any_grant_is_refused_for_good) {
    limit(3);
    request what;
    what.cost = 4;
    const auto got = call(what);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::rate_limited);
    EXPECT_FALSE(got.error().retry_after) << "waiting would not help";
}

TEST_F(endpoint_rate_limit_test, a_cancelled_waiter_leaves_and_the_next_moves_up) {
    limit(1);
    ASSERT_TRUE(call());
    const auto first = start(request("/first"));
    const auto second = start(request("/second"));
    first->cancel.emit(asio::cancellation_type::terminal);
    settle();
    ASSERT_TRUE(first->outcome);
    EXPECT_EQ(first->outcome->error().kind, error_kind::cancelled);
    EXPECT_EQ(state.gate->queued(), 1u);
    advance(61s);
    ASSERT_TRUE(second->outcome && *second->outcome);
}

TEST_F(endpoint_rate_limit_test, a_waiter_cancelled_as_it_is_granted_sends_nothing) {
    limit(1);
    ASSERT_TRUE(call());
    const auto waiting = start();
    struct canceller : timer {
        explicit canceller(pending_call& of)
            : timer([](timer& fired) noexcept {
                  auto& self = static_cast<canceller&>(fired);
                  self.call.cancel.emit(asio::cancellation_type::terminal);
              }),
              call(of) {}
        pending_call& call;
    } just_before(*waiting);
    // The signal is on its way to the call's executor when the grant is made.
    wakeups.arm(just_before, time.now() + 59s);
    time.advance(62s);
    wakeups.run_due();
    ASSERT_TRUE(waiting->outcome);
    ASSERT_FALSE(*waiting->outcome);
    EXPECT_EQ(waiting->outcome->error().kind, error_kind::cancelled);
    EXPECT_EQ(transport.sent.size(), 1u);
    EXPECT_TRUE(call()) << "its permit went back";
}

TEST_F(endpoint_rate_limit_test, a_waiter_gives_up_after_the_queues_own_time) {
    limit(2);
    options.rate_limit->max_queue_time = 40s;
    request both;
    both.cost = 2;
    ASSERT_TRUE(call(both));
    advance(25s);
    const auto waiting = start();  // due in 35 s
    EXPECT_FALSE(waiting->outcome);
    state.gate->pause(time.now() + 5min, time.now());
    advance(41s);
    ASSERT_TRUE(waiting->outcome);
    EXPECT_EQ(waiting->outcome->error().kind, error_kind::rate_limited);
    EXPECT_TRUE(waiting->outcome->error().retry_after);
    EXPECT_EQ(state.gate->queued(), 0u);
}

TEST_F(endpoint_rate_limit_test, a_servers_hint_pauses_the_limiter) {
    limit(100);
    transport.on_send = [](const auto&) -> result<response> {
        return answer(429, {{"retry-after", "7"}});
    };
    ASSERT_TRUE(call());
    transport.on_send = [](const auto&) -> result<response> { return answer(200); };
    const auto waiting = start();
    advance(6999ms);
    EXPECT_FALSE(waiting->outcome);
    advance(1ms);
    EXPECT_TRUE(waiting->outcome);
    EXPECT_THAT(event_names(), ::testing::Contains("rate_limit.paused"));
}

TEST_F(endpoint_rate_limit_test, no_more_calls_are_made_than_the_server_says_are_left) {
    limit(100);
    transport.on_send = [](const auto&) -> result<response> {
        return answer(200, {{"ratelimit", R"("day";r=2;t=30)"}});
    };
    ASSERT_TRUE(call());
    transport.on_send = [](const auto&) -> result<response> { return answer(200); };
    ASSERT_TRUE(call());
    ASSERT_TRUE(call());
    const auto waiting = start();
    advance(29999ms);
    EXPECT_FALSE(waiting->outcome);
    advance(1ms);
    EXPECT_TRUE(waiting->outcome);
}

TEST_F(endpoint_rate_limit_test, a_cancelled_call_gives_its_permit_back) {
    limit(1);
    transport.held = true;
    const auto going = start();
    going->cancel.emit(asio::cancellation_type::terminal);
    settle();
    ASSERT_TRUE(going->outcome);
    EXPECT_EQ(going->outcome->error().kind, error_kind::cancelled);
    transport.held = false;
    EXPECT_TRUE(call());
    EXPECT_EQ(state.metrics->total().calls_failed[static_cast<int>(error_kind::cancelled)], 1u);
}

TEST_F(endpoint_rate_limit_test, a_waiter_that_new_limits_never_grant_is_refused_for_good) {
    limit(3);
    request what("/costly");
    what.cost = 3;
    ASSERT_TRUE(call(what));
    const auto costly = start(what);
    const auto modest = start(request("/modest"));
    EXPECT_EQ(state.gate->queued(), 2u);
    rate_limit_options fewer;
    fewer.max_requests_per_minute = 2;
    state.gate->reconfigure(fewer, nullptr, time.now());
    settle();
    ASSERT_TRUE(costly->outcome);
    ASSERT_FALSE(*costly->outcome);
    EXPECT_EQ(costly->outcome->error().kind, error_kind::rate_limited);
    EXPECT_FALSE(costly->outcome->error().retry_after);
    EXPECT_EQ(costly->outcome->error().message,
              "a cost of 3 is more than the rate limit ever grants since it was changed");
    EXPECT_EQ(state.gate->queued(), 1u);
    advance(61s);
    ASSERT_TRUE(modest->outcome && *modest->outcome);
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 1u);
}

TEST_F(endpoint_rate_limit_test, cost_0_looks_and_never_waits) {
    limit(1);
    request look;
    look.cost = 0;
    ASSERT_TRUE(call(look));
    ASSERT_TRUE(call(look));
    ASSERT_TRUE(call());
    const auto got = call(look);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::rate_limited);
}

}  // namespace
}  // namespace symphony
