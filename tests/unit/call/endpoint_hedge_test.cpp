#include "call_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;
using symphony::testing::fake_answer;

/// An API that answers each request by script, in virtual time.
class endpoint_hedge_test : public ::testing::Test, protected call_rig {
protected:
    endpoint_hedge_test() : call_rig(true) {
        options.hedge.emplace().after = 100ms;
        options.timeout = 10s;
    }
    ~endpoint_hedge_test() override {
        // Nothing hangs and nothing leaks, whatever the test did.
        EXPECT_EQ(clockwork.in_flight(), 0u);
        EXPECT_EQ(wakeups.pending(), 0u);
        if (state.slots) {
            EXPECT_EQ(state.slots->look().in_flight, 0u);
        }
    }
    [[nodiscard]] std::size_t sent() const { return clockwork.requests().size(); }
    static int status_of(const std::shared_ptr<pending_call>& call) {
        return call->outcome && *call->outcome ? (*call->outcome)->status : 0;
    }
    static std::string body_of(const std::shared_ptr<pending_call>& call) {
        return call->outcome && *call->outcome ? (*call->outcome)->body : "";
    }
    [[nodiscard]] std::uint64_t remaining() {
        return state.gate->look(time.now()).levels[0].remaining;
    }
    circuit_breaker::view circuit() { return state.breaker->breaker().inspect(time.now()); }
    call_totals counted() { return state.metrics->total(); }
};

TEST_F(endpoint_hedge_test, a_quick_answer_is_sent_for_once) {
    clockwork.answer(fake_answer(200).after(99ms));
    const auto call = start();
    advance(99ms);
    EXPECT_EQ(status_of(call), 200);
    advance(10s);
    EXPECT_EQ(sent(), 1u);
    EXPECT_EQ((*call->outcome)->attempts, 1);
}

TEST_F(endpoint_hedge_test, without_an_answer_it_is_sent_again_and_the_first_answer_is_taken) {
    clockwork.answer(fake_answer(200, "slow").after(5s));
    clockwork.answer(fake_answer(200, "quick").after(50ms));
    const auto call = start();
    advance(99ms);
    EXPECT_EQ(sent(), 1u);
    advance(1ms);
    EXPECT_EQ(sent(), 2u);
    EXPECT_FALSE(call->outcome);
    advance(50ms);
    EXPECT_EQ(body_of(call), "quick");
    EXPECT_EQ((*call->outcome)->attempts, 2);
    EXPECT_EQ(clockwork.cancelled(), 1u);
    EXPECT_EQ(counted().attempts, 2u);
    EXPECT_EQ(counted().hedges_won, 1u);
    EXPECT_EQ(counted().hedges_lost, 0u);
    EXPECT_THAT(event_names(), ::testing::Contains("call.hedge"));
}

TEST_F(endpoint_hedge_test, the_first_attempt_may_still_win) {
    clockwork.answer(fake_answer(200, "first").after(120ms));
    clockwork.answer(fake_answer(200, "second").after(5s));
    const auto call = start();
    advance(120ms);
    EXPECT_EQ(body_of(call), "first");
    EXPECT_EQ((*call->outcome)->attempts, 2) << "both count";
    EXPECT_EQ(counted().hedges_won, 0u);
    EXPECT_EQ(counted().hedges_lost, 1u);
}

TEST_F(endpoint_hedge_test, only_what_may_arrive_twice) {
    clockwork.on_request([](const auto&) { return fake_answer(200).after(1s); });
    const auto post = start(request("POST", "/"));
    advance(1s);
    EXPECT_EQ(sent(), 1u);
    request keyed("POST", "/");
    keyed.fields.add("Idempotency-Key", "1");
    const auto safe = start(keyed);
    advance(1s);
    EXPECT_EQ(sent(), 3u);
    request streamed("PUT", "/");
    streamed.stream = std::make_shared<memory_body>(std::vector<std::string>{"a"});
    const auto once = start(streamed);
    advance(1s);
    EXPECT_EQ(sent(), 4u) << "its body can be read once";
    EXPECT_EQ(status_of(post) + status_of(safe) + status_of(once), 600);
}

TEST_F(endpoint_hedge_test, up_to_max_more) {
    options.hedge->max = 3;
    clockwork.on_request([](const auto&) { return fake_answer(200).after(1s); });
    const auto call = start();
    for (const std::size_t expected : {1u, 2u, 3u, 4u, 4u}) {
        EXPECT_EQ(sent(), expected);
        advance(100ms);
    }
    advance(1s);
    EXPECT_EQ(status_of(call), 200);
    EXPECT_EQ(clockwork.cancelled(), 3u);
    EXPECT_EQ(counted().hedges_lost, 3u);
}

TEST_F(endpoint_hedge_test, a_failure_of_one_waits_for_the_other) {
    clockwork.answer(fake_answer(503).after(150ms));
    clockwork.answer(fake_answer(200, "well").after(200ms));
    const auto call = start();
    advance(150ms);
    EXPECT_FALSE(call->outcome);
    advance(150ms);
    EXPECT_EQ(body_of(call), "well");
}

TEST_F(endpoint_hedge_test, when_all_fail_the_last_one_counts) {
    clockwork.answer(fake_answer::failure(error_kind::connection_lost, true).after(300ms));
    clockwork.answer(fake_answer(502).after(100ms));
    const auto call = start();
    advance(300ms);
    ASSERT_TRUE(call->outcome);
    EXPECT_EQ(call->outcome->error().kind, error_kind::connection_lost);
    EXPECT_EQ(call->outcome->error().attempts, 2);
}

TEST_F(endpoint_hedge_test, a_failure_before_its_time_is_no_reason) {
    clockwork.answer(fake_answer(503).after(50ms));
    const auto call = start();
    advance(1s);
    EXPECT_EQ(status_of(call), 503);
    EXPECT_EQ(sent(), 1u);
}

TEST_F(endpoint_hedge_test, a_hedged_attempt_that_failed_is_retried) {
    options.middleware.error.retry.emplace();
    clockwork.answer(fake_answer(503).after(150ms));
    clockwork.answer(fake_answer(503).after(150ms));
    clockwork.answer(fake_answer(200, "third"));
    const auto call = start();
    advance(1s);
    EXPECT_EQ(body_of(call), "third");
    EXPECT_EQ((*call->outcome)->attempts, 3);
}

TEST_F(endpoint_hedge_test, takes_permits_of_its_own) {
    options.rate_limit.emplace().max_requests_per_minute = 10;
    options.circuit_breaker.emplace();
    options.concurrency.emplace().max = 10;
    clockwork.answer(fake_answer(200).after(1s));
    clockwork.answer(fake_answer(200).after(500ms));
    const auto call = start();
    EXPECT_EQ(remaining(), 9u);
    advance(100ms);
    EXPECT_EQ(remaining(), 8u);
    EXPECT_EQ(state.slots->look().in_flight, 2u);
    advance(500ms);
    EXPECT_EQ(status_of(call), 200);
    EXPECT_EQ(state.slots->look().in_flight, 0u);
    EXPECT_EQ(remaining(), 8u) << "the API counts both";
    EXPECT_EQ(circuit().consecutive_failures, 0u);
}

TEST_F(endpoint_hedge_test, never_waits_for_one) {
    options.rate_limit.emplace().max_requests_per_minute = 1;
    clockwork.answer(fake_answer(200).after(5s));
    const auto call = start();
    advance(5s);
    EXPECT_EQ(status_of(call), 200);
    EXPECT_EQ(sent(), 1u);
    EXPECT_EQ(counted().hedges_refused, 1u);
    EXPECT_EQ(counted().rate_limit_rejected, 0u) << "no caller was refused";
}

TEST_F(endpoint_hedge_test, gives_back_what_it_took_when_one_is_missing) {
    options.rate_limit.emplace().max_requests_per_minute = 10;
    options.circuit_breaker.emplace();
    options.concurrency.emplace().max = 1;
    options.concurrency->max_queue_size = 10;
    clockwork.answer(fake_answer(200).after(5s));
    const auto call = start();
    advance(5s);
    EXPECT_EQ(status_of(call), 200);
    EXPECT_EQ(sent(), 1u);
    EXPECT_EQ(remaining(), 9u);
    EXPECT_EQ(counted().concurrency_rejected, 0u);
}

TEST_F(endpoint_hedge_test, not_past_a_circuit_that_is_not_closed) {
    options.circuit_breaker.emplace().failure_threshold = 1;
    options.circuit_breaker->reset_timeout = 1s;
    options.circuit_breaker->success_threshold = 3;
    clockwork.answer(fake_answer(500));
    ASSERT_TRUE(call());
    advance(1s);
    clockwork.answer(fake_answer(200).after(1s));
    const auto probe = start();
    advance(1s);
    EXPECT_EQ(status_of(probe), 200);
    EXPECT_EQ(sent(), 2u) << "a probe alone";
    EXPECT_EQ(circuit().state, circuit_state::half_open);
}

TEST_F(endpoint_hedge_test, a_failing_leg_is_a_failure_and_a_lost_one_is_not) {
    options.circuit_breaker.emplace().failure_threshold = 2;
    clockwork.answer(fake_answer(500).after(150ms));
    clockwork.answer(fake_answer(200).after(200ms));
    const auto mixed = start();
    advance(150ms);
    EXPECT_EQ(circuit().consecutive_failures, 1u) << "told at once";
    advance(1s);
    EXPECT_EQ(status_of(mixed), 200);
    EXPECT_EQ(circuit().consecutive_failures, 0u);
    clockwork.answer(fake_answer(500));
    ASSERT_TRUE(call());
    clockwork.answer(fake_answer(200).after(5s));
    clockwork.answer(fake_answer(500).after(100ms));
    const auto first_wins = start();
    advance(250ms);
    EXPECT_EQ(circuit().state, circuit_state::open);
    advance(5s);
    EXPECT_EQ(status_of(first_wins), 200);
}

TEST_F(endpoint_hedge_test, spends_from_the_retry_budget) {
    clockwork.on_request([](const auto&) { return fake_answer(200).after(150ms); });
    int hedged = 0;
    for (int i = 0; i < 200; ++i) {
        const std::size_t before = sent();
        const auto call = start();
        advance(150ms);
        ASSERT_EQ(status_of(call), 200);
        hedged += sent() - before == 2 ? 1 : 0;
    }
    // 50 tokens above half, and a tenth of one for each answer.
    EXPECT_GE(hedged, 55);
    EXPECT_LE(hedged, 75);
    EXPECT_EQ(counted().hedges_refused, static_cast<std::uint64_t>(200 - hedged));
}

TEST_F(endpoint_hedge_test, honours_the_deadline) {
    options.timeout = 300ms;
    clockwork.on_request([](const auto&) { return fake_answer::never(); });
    const auto call = start();
    advance(300ms);
    ASSERT_TRUE(call->outcome);
    EXPECT_EQ(call->outcome->error().kind, error_kind::timeout);
    EXPECT_EQ(sent(), 2u);
    options.timeout = 100ms;
    build();
    const auto short_one = start();
    advance(100ms);
    EXPECT_EQ(short_one->outcome->error().kind, error_kind::timeout);
    EXPECT_EQ(sent(), 3u) << "at the deadline it is of no use";
}

TEST_F(endpoint_hedge_test, a_caller_that_leaves_ends_both) {
    options.rate_limit.emplace().max_requests_per_minute = 10;
    options.circuit_breaker.emplace().failure_threshold = 1;
    options.concurrency.emplace().max = 10;
    clockwork.on_request([](const auto&) { return fake_answer::never(); });
    for (const duration moment : {0ms, 50ms, 100ms, 5000ms}) {
        const auto call = start();
        advance(moment);
        call->cancel.emit(asio::cancellation_type::terminal);
        settle();
        ASSERT_TRUE(call->outcome);
        EXPECT_EQ(call->outcome->error().kind, error_kind::cancelled);
        EXPECT_EQ(clockwork.in_flight(), 0u);
        EXPECT_EQ(remaining(), 10u) << "neutral: permits go back";
        EXPECT_EQ(circuit().state, circuit_state::closed);
        EXPECT_EQ(state.slots->look().in_flight, 0u);
    }
}

TEST_F(endpoint_hedge_test, a_quantile_needs_a_hundred_answers) {
    options.hedge->after.reset();
    const auto send = [this](duration took) {
        clockwork.answer(fake_answer(200).after(took));
        const auto call = start();
        advance(took);
        EXPECT_EQ(status_of(call), 200);
    };
    for (int i = 0; i < 99; ++i)
        send(20ms);
    send(5s);
    EXPECT_EQ(sent(), 100u);
    clockwork.answer(fake_answer(200).after(5s));
    clockwork.answer(fake_answer(200).after(20ms));
    const auto call = start();
    advance(20ms);
    EXPECT_EQ(sent(), 101u);
    advance(2ms);
    EXPECT_EQ(sent(), 102u) << "after the 95th percentile, and a bit";
    advance(20ms);
    EXPECT_EQ(status_of(call), 200);
}

TEST_F(endpoint_hedge_test, the_quantile_is_not_drawn_down_by_hedges) {
    options.hedge->after.reset();
    // Every tenth answer is slow, unless it is asked for again.
    clockwork.on_request([at = 0](const auto&) mutable {
        return fake_answer(200).after(at++ % 10 == 0 ? 1s : 20ms);
    });
    for (int i = 0; i < 3000; ++i) {
        const auto call = start();
        advance(1s);
        ASSERT_EQ(status_of(call), 200);
    }
    ASSERT_TRUE(state.hedge->delay());
    EXPECT_GE(*state.hedge->delay(), 20ms);
    EXPECT_LE(counted().attempts, 3400u);
}

TEST_F(endpoint_hedge_test, a_streamed_answer_is_taken_with_its_head) {
    options.concurrency.emplace().max = 2;
    clockwork.on_request([at = 0](const auto&) mutable {
        response made = answer(200);
        made.stream = std::make_unique<memory_body>(std::vector<std::string>{"a"});
        return fake_answer(std::move(made)).after(at++ == 0 ? 5s : 10ms);
    });
    request what;
    what.stream_response = true;
    auto call = start(what);
    advance(110ms);
    ASSERT_EQ(status_of(call), 200);
    EXPECT_EQ(state.slots->look().in_flight, 1u) << "the one that is read";
    (*call->outcome)->stream.reset();
}

TEST_F(endpoint_hedge_test, an_answer_of_the_one_that_was_late_counts) {
    options.circuit_breaker.emplace();
    // Both at the same moment.
    clockwork.answer(fake_answer(200).after(200ms));
    clockwork.answer(fake_answer(200).after(100ms));
    const auto call = start();
    advance(200ms);
    EXPECT_EQ(status_of(call), 200);
    EXPECT_EQ(counted().hedges_won + counted().hedges_lost, 1u);
}

TEST(hedge_race, goes_with_its_loop_at_any_moment) {
    for (const duration moment : {0ms, 50ms, 100ms, 150ms}) {
        const auto rig = std::make_unique<call_rig>(true);
        rig->options.hedge.emplace().after = 100ms;
        rig->options.concurrency.emplace().max = 10;
        rig->clockwork.on_request([](const auto&) { return fake_answer::never(); });
        const auto call = rig->start();
        rig->advance(moment);
        EXPECT_FALSE(call->outcome);
    }
}

}  // namespace
}  // namespace symphony
