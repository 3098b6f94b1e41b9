#include "call_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;

class endpoint_retry_test : public ::testing::Test, protected call_rig {
protected:
    endpoint_retry_test() { options.middleware.error.retry.emplace(); }

    retry_options& retry() { return *options.middleware.error.retry; }
    /// Answers these in turn, the last one for ever.
    void script(std::vector<int> statuses, headers fields = {}) {
        transport.on_send = [=, at = std::size_t{0}](const auto&) mutable -> result<response> {
            const int status = statuses[std::min(at++, statuses.size() - 1)];
            return answer(status, status == 200 ? headers{} : fields);
        };
    }
};

TEST_F(endpoint_retry_test, a_failed_attempt_is_repeated_after_a_pause) {
    script({503, 200});
    const auto pending = start();
    EXPECT_FALSE(pending->outcome);
    advance(100ms);
    ASSERT_TRUE(pending->outcome && *pending->outcome);
    EXPECT_EQ((*pending->outcome)->status, 200);
    EXPECT_EQ((*pending->outcome)->attempts, 2);
    EXPECT_EQ(state.metrics->total().retries[static_cast<int>(retry_reason::status_5xx)], 1u);
    EXPECT_THAT(event_names(), ::testing::Contains("call.retry"));
}

TEST_F(endpoint_retry_test, without_the_block_nothing_is_repeated) {
    options.middleware.error.retry.reset();
    script({503, 200});
    EXPECT_EQ(call()->status, 503);
}

TEST_F(endpoint_retry_test, the_last_answer_is_returned_when_attempts_are_used_up) {
    script({503, 502, 504, 200});
    const auto pending = start();
    advance(10s);
    ASSERT_TRUE(pending->outcome && *pending->outcome);
    EXPECT_EQ((*pending->outcome)->status, 504);
    EXPECT_EQ((*pending->outcome)->attempts, 3);
}

TEST_F(endpoint_retry_test, only_what_is_safe_is_repeated) {
    script({503, 200});
    EXPECT_EQ(call(request("POST", "/"))->status, 503);
    request keyed("POST", "/");
    keyed.fields.add("Idempotency-Key", "1");
    script({503, 200});
    const auto pending = start(keyed);
    advance(1s);
    EXPECT_EQ((*pending->outcome)->status, 200);
}

TEST_F(endpoint_retry_test, what_certainly_never_reached_the_server_is_safe) {
    transport.on_send = [at = 0](const auto&) mutable -> result<response> {
        return at++ == 0 ? failure(error_kind::connect_failed, false) : answer(201);
    };
    const auto sure = start(request("POST", "/"));
    advance(1s);
    EXPECT_EQ((*sure->outcome)->status, 201);
    transport.on_send = [at = 0](const auto&) mutable -> result<response> {
        return at++ == 0 ? failure(error_kind::connection_lost, true) : answer(201);
    };
    const auto unsure = start(request("POST", "/"));
    advance(1s);
    EXPECT_EQ(unsure->outcome->error().kind, error_kind::connection_lost);
}

TEST_F(endpoint_retry_test, a_streamed_body_goes_out_once) {
    script({503, 200});
    request what("PUT", "/");
    what.stream = std::make_shared<memory_body>(std::vector<std::string>{"a"});
    EXPECT_EQ(call(what)->status, 503);
}

TEST_F(endpoint_retry_test, retry_after_is_a_hard_lower_bound) {
    script({429, 200}, {{"retry-after", "3"}});
    random = symphony::testing::fixed_random(0);  // no jitter at all
    const auto pending = start();
    advance(2999ms);
    EXPECT_FALSE(pending->outcome);
    advance(1ms);
    EXPECT_TRUE(pending->outcome);
}

TEST_F(endpoint_retry_test, a_delay_beyond_the_deadline_means_no_retry) {
    options.timeout = 2s;
    script({503, 200}, {{"retry-after", "3"}});
    const auto got = call();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 503);
}

TEST_F(endpoint_retry_test, an_answer_that_opens_the_circuit_is_returned) {
    options.circuit_breaker.emplace().failure_threshold = 1;
    options.circuit_breaker->reset_timeout = 60s;
    script({503, 200});
    const auto got = call();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 503);
}

TEST_F(endpoint_retry_test, an_open_circuit_is_not_retried_before_its_time) {
    options.circuit_breaker.emplace().failure_threshold = 1;
    options.circuit_breaker->reset_timeout = 5s;
    script({503, 200});
    const auto pending = start();
    advance(4999ms);
    EXPECT_FALSE(pending->outcome);
    EXPECT_EQ(transport.sent.size(), 1u);
    advance(101ms);
    EXPECT_EQ((*pending->outcome)->status, 200);
}

TEST_F(endpoint_retry_test, each_attempt_takes_a_permit_of_its_own) {
    options.rate_limit.emplace().max_requests_per_minute = 2;
    options.timeout = 10min;
    script({503, 503, 200});
    const auto pending = start();
    advance(30s);
    EXPECT_FALSE(pending->outcome) << "the third attempt waits for its permit";
    advance(31s);
    EXPECT_EQ((*pending->outcome)->status, 200);
}

TEST_F(endpoint_retry_test, a_refusal_after_a_real_answer_gives_that_answer) {
    options.rate_limit.emplace().max_requests_per_minute = 1;
    options.rate_limit->max_queue_size = 0;
    script({503, 200});
    const auto pending = start();
    advance(1s);
    ASSERT_TRUE(pending->outcome && *pending->outcome);
    EXPECT_EQ((*pending->outcome)->status, 503);
    EXPECT_EQ((*pending->outcome)->attempts, 1);
}

TEST_F(endpoint_retry_test, conditions_may_ask_for_a_refusal_to_be_repeated) {
    options.rate_limit.emplace().max_requests_per_second = 1;
    options.rate_limit->max_queue_size = 0;
    retry().conditions.push_back(
        [](const attempt_failure& f) { return f.kind == error_kind::rate_limited; });
    ASSERT_TRUE(call());
    const auto pending = start();
    advance(999ms);
    EXPECT_FALSE(pending->outcome) << "not before its retry_after";
    advance(1s);
    EXPECT_TRUE(pending->outcome && *pending->outcome);
}

TEST_F(endpoint_retry_test, the_budget_stops_an_avalanche) {
    script({503});
    int attempts = 0;
    for (int i = 0; i < 100; ++i) {
        const auto pending = start();
        advance(1min);
        attempts += (*pending->outcome)->attempts;
    }
    EXPECT_LT(attempts, 160) << "100 calls and at most about 50 retries";
    EXPECT_GT(attempts, 130);
}

TEST_F(endpoint_retry_test, a_cancelled_pause_ends_the_call) {
    script({503, 200}, {{"retry-after", "3"}});
    const auto pending = start();
    pending->cancel.emit(asio::cancellation_type::terminal);
    settle();
    ASSERT_TRUE(pending->outcome);
    EXPECT_EQ(pending->outcome->error().kind, error_kind::cancelled);
    advance(10s);
    EXPECT_EQ(transport.sent.size(), 1u);
}

TEST_F(endpoint_retry_test, a_streamed_answer_is_collected_before_it_is_thrown_away) {
    transport.on_send = [at = 0](const auto&) mutable -> result<response> {
        response made = answer(at++ == 0 ? 503 : 200);
        made.stream = std::make_unique<memory_body>(std::vector<std::string>{"x"});
        return made;
    };
    options.timeout = 1s;
    retry().timing.max_attempts = 2;
    const auto pending = start();
    advance(500ms);
    EXPECT_EQ((*pending->outcome)->status, 200);
    EXPECT_EQ(state.metrics->total().in_flight, 1u) << "the second one is still to be read";
}

}  // namespace
}  // namespace symphony
