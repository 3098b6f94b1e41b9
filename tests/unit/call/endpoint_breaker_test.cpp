#include "call_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;

class endpoint_breaker_test : public ::testing::Test, protected call_rig {
protected:
    endpoint_breaker_test() {
        options.circuit_breaker.emplace().failure_threshold = 2;
        options.circuit_breaker->reset_timeout = 10s;
    }
    void answer_with(int status) {
        transport.on_send = [status](const auto&) -> result<response> { return answer(status); };
    }
    circuit_state seen() { return state.breaker->breaker().inspect(time.now()).state; }
};

TEST_F(endpoint_breaker_test, opens_refuses_at_once_and_recovers) {
    answer_with(500);
    ASSERT_TRUE(call() && call());
    EXPECT_EQ(seen(), circuit_state::open);
    const auto refused = call();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, error_kind::circuit_open);
    EXPECT_EQ(refused.error().retry_after, 10s);
    EXPECT_EQ(transport.sent.size(), 2u);
    answer_with(200);
    advance(10s);
    EXPECT_TRUE(call()) << "at exactly that moment a call is admitted";
    EXPECT_EQ(seen(), circuit_state::closed);
    EXPECT_EQ(state.metrics->transitions[0][2], 1u);
    EXPECT_EQ(state.metrics->transitions[2][1], 1u);
    EXPECT_EQ(state.metrics->transitions[1][0], 1u);
    EXPECT_THAT(event_names(), ::testing::Contains("circuit.transition").Times(3));
}

TEST_F(endpoint_breaker_test, answers_below_500_and_429_are_no_failures) {
    for (const int status : {404, 429, 501, 400}) {
        answer_with(status);
        ASSERT_TRUE(call() && call() && call());
    }
    EXPECT_EQ(seen(), circuit_state::closed);
}

TEST_F(endpoint_breaker_test, network_errors_are_failures) {
    transport.on_send = [](const auto&) { return failure(error_kind::connect_failed, false); };
    EXPECT_FALSE(call());
    EXPECT_FALSE(call());
    EXPECT_EQ(seen(), circuit_state::open);
}

TEST_F(endpoint_breaker_test, conditions_say_what_a_failure_is_instead) {
    options.failure_conditions.emplace_back(
        [](const attempt_failure& seen) { return seen.status == 429; });
    options.failure_conditions.emplace_back(
        [](const attempt_failure& seen) { return seen.type == "network"; });
    answer_with(500);
    ASSERT_TRUE(call() && call() && call());
    EXPECT_EQ(seen(), circuit_state::closed) << "not any more";
    transport.on_send = [](const auto&) { return failure(error_kind::timeout, true); };
    EXPECT_FALSE(call() || call());
    EXPECT_EQ(seen(), circuit_state::closed);
    answer_with(429);
    ASSERT_TRUE(call());
    transport.on_send = [](const auto&) { return failure(error_kind::connection_lost, true); };
    EXPECT_FALSE(call());
    EXPECT_EQ(seen(), circuit_state::open);
}

TEST_F(endpoint_breaker_test, conditions_see_every_answer_and_no_refusal_of_our_own) {
    std::vector<int> statuses;
    std::vector<error_kind> kinds;
    options.failure_conditions.emplace_back([&](const attempt_failure& seen) {
        if (seen.kind) kinds.push_back(*seen.kind);
        if (!seen.kind) statuses.push_back(seen.status);
        return true;
    });
    options.circuit_breaker->failure_threshold = 3;
    options.rate_limit.emplace().max_requests_per_minute = 4;
    options.rate_limit->max_queue_size = 0;
    answer_with(200);
    ASSERT_TRUE(call());
    transport.on_send = [](const auto&) { return failure(error_kind::timeout, true); };
    EXPECT_FALSE(call());
    transport.on_send = [](const auto&) { return failure(error_kind::cancelled, true); };
    EXPECT_FALSE(call());
    transport.on_send = [](const auto&) { return failure(error_kind::invalid_request, true); };
    EXPECT_FALSE(call());
    EXPECT_FALSE(call()) << "the limit";
    EXPECT_EQ(statuses, std::vector<int>{200});
    EXPECT_EQ(kinds, std::vector<error_kind>{error_kind::timeout});
    EXPECT_EQ(state.breaker->breaker().inspect(time.now()).consecutive_failures, 2u);
}

TEST_F(endpoint_breaker_test, a_condition_that_throws_says_no) {
    options.failure_conditions.emplace_back(
        [](const attempt_failure&) -> bool { throw std::runtime_error("x"); });
    answer_with(500);
    ASSERT_TRUE(call() && call());
    EXPECT_EQ(seen(), circuit_state::closed);
}

TEST_F(endpoint_breaker_test, conditions_judge_a_body_that_breaks) {
    options.circuit_breaker->failure_threshold = 1;
    options.failure_conditions.emplace_back(
        [](const attempt_failure& seen) { return seen.kind == error_kind::connection_lost; });
    for (const error_kind fault : {error_kind::timeout, error_kind::connection_lost}) {
        transport.on_send = [fault](const auto&) -> result<response> {
            response made = answer(200);
            made.stream =
                std::make_unique<memory_body>(std::vector<std::string>{"a"}, fault_of(fault));
            return made;
        };
        auto got = call();
        ASSERT_TRUE(got);
        asio::co_spawn(
            loop,
            [](body_source& from) -> asio::awaitable<void> {
                for (auto piece = co_await from.read(); piece && !piece->empty();)
                    piece = co_await from.read();
            }(*got->stream),
            asio::detached);
        settle();
        EXPECT_EQ(seen(),
                  fault == error_kind::timeout ? circuit_state::closed : circuit_state::open);
    }
}

TEST_F(endpoint_breaker_test, an_open_circuit_spends_no_permit_of_the_rate_limit) {
    options.rate_limit.emplace().max_requests_per_minute = 3;
    answer_with(500);
    ASSERT_TRUE(call() && call());
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(call().error().kind, error_kind::circuit_open);
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 1u);
}

TEST_F(endpoint_breaker_test, a_refusal_of_the_rate_limit_is_no_failure) {
    options.rate_limit.emplace().max_requests_per_minute = 1;
    options.rate_limit->max_queue_size = 0;
    ASSERT_TRUE(call());
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(call().error().kind, error_kind::rate_limited);
    EXPECT_EQ(seen(), circuit_state::closed);
}

TEST_F(endpoint_breaker_test, opening_sends_the_queue_away_and_gives_the_permits_back) {
    options.rate_limit.emplace().max_requests_per_minute = 2;
    options.timeout = 10min;
    transport.held = true;
    const auto one = start();
    const auto two = start();
    const auto queued = start();
    const auto queued_too = start();
    EXPECT_EQ(state.gate->queued(), 2u);
    answer_with(503);
    transport.release();
    settle();
    for (const auto& waiting : {queued, queued_too}) {
        ASSERT_TRUE(waiting->outcome);
        EXPECT_EQ(waiting->outcome->error().kind, error_kind::circuit_open);
        EXPECT_EQ(waiting->outcome->error().retry_after, 10s);
    }
    EXPECT_EQ(state.gate->queued(), 0u);
    EXPECT_EQ(transport.sent.size(), 2u);
}

TEST_F(endpoint_breaker_test, opening_by_hand_sends_the_queue_away_too) {
    options.rate_limit.emplace().max_requests_per_minute = 1;
    options.timeout = 10min;
    ASSERT_TRUE(call());
    const auto queued = start();
    state.breaker->breaker().control(circuit_control::open, time.now());
    settle();
    ASSERT_TRUE(queued->outcome);
    EXPECT_EQ(queued->outcome->error().kind, error_kind::circuit_open);
    EXPECT_FALSE(queued->outcome->error().retry_after) << "nobody knows";
}

TEST_F(endpoint_breaker_test, a_cancelled_probe_is_neutral) {
    answer_with(500);
    ASSERT_TRUE(call() && call());
    advance(10s);
    transport.held = true;
    const auto probe = start();
    EXPECT_EQ(call().error().kind, error_kind::circuit_open) << "one probe at a time";
    probe->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(seen(), circuit_state::half_open);
    transport.held = false;
    answer_with(200);
    EXPECT_TRUE(call());
    EXPECT_EQ(seen(), circuit_state::closed);
}

TEST_F(endpoint_breaker_test, a_call_still_running_past_the_threshold_counts_right_then) {
    options.circuit_breaker->latency_threshold = 1s;
    options.circuit_breaker->minimum_requests = 1;
    transport.held = true;
    const auto slow = start();
    advance(1s);
    EXPECT_EQ(seen(), circuit_state::closed) << "strictly slower";
    advance(1ms);
    EXPECT_EQ(seen(), circuit_state::open);
    EXPECT_FALSE(slow->outcome) << "and goes on";
    transport.release();
    settle();
    EXPECT_TRUE(slow->outcome && *slow->outcome);
}

TEST_F(endpoint_breaker_test, a_gradual_recovery_counts_out_its_share) {
    options.circuit_breaker->recovery = recovery_kind::gradual;
    answer_with(500);
    ASSERT_TRUE(call() && call());
    answer_with(200);
    advance(10s);
    std::string seen_calls;
    while (seen() != circuit_state::closed && seen_calls.size() < 100)
        seen_calls += call() ? '+' : '-';
    EXPECT_EQ(seen_calls.substr(1), "----+--+-+") << "20 %, 40 %, 80 % until the first success";
    EXPECT_EQ(seen_calls[0], '+') << "the probe";
}

TEST_F(endpoint_breaker_test, who_is_left_out_of_a_share_neither_waits_nor_spends) {
    options.circuit_breaker->recovery = recovery_kind::gradual;
    options.rate_limit.emplace().max_requests_per_minute = 3;
    options.timeout = 10min;
    answer_with(500);
    ASSERT_TRUE(call() && call());
    answer_with(200);
    advance(10s);
    ASSERT_TRUE(call()) << "the probe takes the last permit";
    for (int i = 0; i < 4; ++i) {
        const auto left_out = call();
        ASSERT_FALSE(left_out);
        EXPECT_EQ(left_out.error().kind, error_kind::circuit_open) << "at once";
    }
    EXPECT_EQ(state.gate->queued(), 0u);
    const auto waiting = start();
    EXPECT_EQ(state.gate->queued(), 1u) << "its turn: it may wait";
    advance(1min);
    ASSERT_TRUE(waiting->outcome);
    EXPECT_TRUE(*waiting->outcome) << "and has not lost its turn meanwhile";
    EXPECT_EQ(state.breaker->breaker().inspect(time.now()).admitted_share, 0.4);
}

TEST_F(endpoint_breaker_test, a_body_that_breaks_is_a_failure_and_reading_slowly_is_not) {
    options.circuit_breaker->failure_threshold = 1;
    options.circuit_breaker->latency_threshold = 1s;
    options.circuit_breaker->minimum_requests = 1;
    const auto stream = [this](std::optional<error_kind> fault) {
        transport.on_send = [fault](const auto&) -> result<response> {
            response made = answer(200);
            const std::vector<std::string> pieces{"a"};
            made.stream = fault ? std::make_unique<memory_body>(pieces, fault_of(*fault))
                                : std::make_unique<memory_body>(pieces);
            return made;
        };
        auto got = call();
        advance(5s);
        asio::co_spawn(
            loop,
            [](body_source& from) -> asio::awaitable<void> {
                for (auto piece = co_await from.read(); piece && !piece->empty();)
                    piece = co_await from.read();
            }(*got->stream),
            asio::detached);
        settle();
    };
    stream(std::nullopt);
    EXPECT_EQ(seen(), circuit_state::closed);
    stream(error_kind::connection_lost);
    EXPECT_EQ(seen(), circuit_state::open);
}

TEST_F(endpoint_breaker_test, a_failing_upload_is_not_the_apis_fault) {
    options.circuit_breaker->failure_threshold = 1;
    request what("POST", "/upload");
    what.stream = std::make_shared<memory_body>(std::vector<std::string>{"a"},
                                                fault_of(error_kind::connection_lost));
    EXPECT_FALSE(call(what));
    EXPECT_EQ(seen(), circuit_state::closed);
}

}  // namespace
}  // namespace symphony
