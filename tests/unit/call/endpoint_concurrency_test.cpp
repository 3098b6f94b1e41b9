#include "call_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;
using ::testing::HasSubstr;

class endpoint_concurrency_test : public ::testing::Test, protected call_rig {
protected:
    explicit endpoint_concurrency_test(bool timed = false) : call_rig(timed) {
        options.concurrency.emplace().max = 1;
        options.timeout = 60s;
        transport.held = true;
    }
    concurrency_gate::view seen() { return state.slots->look(); }
    static bool is_ok(const std::shared_ptr<pending_call>& call) {
        return call->outcome && *call->outcome;
    }
    static error_kind kind_of(const std::shared_ptr<pending_call>& call) {
        return call->outcome && !*call->outcome ? call->outcome->error().kind
                                                : error_kind::internal;
    }
};

TEST_F(endpoint_concurrency_test, so_many_at_a_time_and_the_rest_is_refused) {
    const auto first = start();
    const auto second = call();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, error_kind::overloaded);
    EXPECT_EQ(second.error().message, "the concurrency limit (1 at a time) is reached");
    EXPECT_EQ(transport.sent.size(), 1u);
    EXPECT_EQ(state.metrics->total().concurrency_rejected, 1u);
    transport.release();
    settle();
    EXPECT_TRUE(is_ok(first));
    EXPECT_TRUE(call()) << "the place is free again";
    EXPECT_EQ(seen().in_flight, 0u);
}

TEST_F(endpoint_concurrency_test, who_waits_goes_in_turn_by_priority) {
    options.concurrency->max_queue_size = 10;
    const auto first = start();
    std::vector<std::shared_ptr<pending_call>> waiting;
    for (const auto& [path, priority] : {std::pair{"/low", 9}, {"/mid", 5}, {"/high", 0}}) {
        request what(path);
        what.priority = static_cast<std::uint8_t>(priority);
        waiting.push_back(start(what));
    }
    EXPECT_EQ(seen().queued, 3u);
    advance(2s);
    transport.release();
    settle();
    ASSERT_EQ(transport.sent.size(), 4u);
    EXPECT_EQ(transport.sent[1].target, "/v2/high");
    EXPECT_EQ(transport.sent[2].target, "/v2/mid");
    EXPECT_EQ(transport.sent[3].target, "/v2/low");
    for (const auto& one : waiting)
        EXPECT_TRUE(is_ok(one));
    const auto waits = state.metrics->total().concurrency_wait;
    EXPECT_EQ(waits.total, 4u) << "the one that did not wait included";
    EXPECT_EQ(waits.sum_seconds, 6);
}

TEST_F(endpoint_concurrency_test, a_full_queue_refuses_at_once) {
    options.concurrency->max_queue_size = 1;
    const auto first = start();
    const auto second = start();
    const auto third = call();
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().kind, error_kind::overloaded);
    EXPECT_THAT(third.error().message, HasSubstr("its queue of 1 is full"));
    EXPECT_FALSE(second->outcome);
    transport.release();
    settle();
    EXPECT_TRUE(is_ok(second));
}

TEST_F(endpoint_concurrency_test, nobody_waits_beyond_the_deadline) {
    options.concurrency->max_queue_size = 10;
    const auto first = start();
    request hurried;
    hurried.timeout = 5s;
    const auto waiting = start(hurried);
    const auto patient = start();
    advance(4999ms);
    EXPECT_FALSE(waiting->outcome);
    advance(1ms);
    EXPECT_EQ(kind_of(waiting), error_kind::overloaded);
    EXPECT_THAT(waiting->outcome->error().message, HasSubstr("took too long"));
    EXPECT_EQ(seen().queued, 1u);
    transport.release();
    settle();
    EXPECT_TRUE(is_ok(patient)) << "the next one moved up";
    EXPECT_EQ(seen().in_flight, 0u);
}

TEST_F(endpoint_concurrency_test, nor_longer_than_its_own_bound) {
    options.concurrency->max_queue_size = 10;
    options.concurrency->max_queue_time = 1s;
    const auto first = start();
    const auto waiting = start();
    advance(1s);
    EXPECT_EQ(kind_of(waiting), error_kind::overloaded);
    EXPECT_FALSE(first->outcome);
}

TEST_F(endpoint_concurrency_test, a_caller_that_leaves_gives_up_its_place) {
    options.concurrency->max_queue_size = 10;
    options.rate_limit.emplace().max_requests_per_minute = 10;
    options.circuit_breaker.emplace();
    const auto first = start();
    const auto second = start();
    const auto third = start();
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 7u);
    second->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(kind_of(second), error_kind::cancelled);
    EXPECT_EQ(seen().queued, 1u);
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 8u) << "permits go back";
    first->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(transport.sent.size(), 2u) << "the third one's turn";
    transport.release();
    settle();
    EXPECT_TRUE(is_ok(third));
    EXPECT_EQ(seen().in_flight, 0u);
}

TEST_F(endpoint_concurrency_test, a_refusal_spends_nothing_and_is_no_failure) {
    options.rate_limit.emplace().max_requests_per_minute = 10;
    options.circuit_breaker.emplace().failure_threshold = 1;
    const auto first = start();
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(call().error().kind, error_kind::overloaded);
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 9u);
    EXPECT_EQ(state.breaker->breaker().inspect(time.now()).state, circuit_state::closed);
}

TEST_F(endpoint_concurrency_test, when_the_circuit_opens_those_who_wait_leave) {
    options.concurrency->max_queue_size = 10;
    options.rate_limit.emplace().max_requests_per_minute = 10;
    options.circuit_breaker.emplace().failure_threshold = 1;
    transport.on_send = [](const auto&) -> result<response> { return answer(500); };
    const auto first = start();
    const auto waiting = start();
    transport.release();
    settle();
    EXPECT_EQ((*first->outcome)->status, 500);
    EXPECT_EQ(kind_of(waiting), error_kind::circuit_open);
    EXPECT_EQ(transport.sent.size(), 1u);
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 9u);
    EXPECT_EQ(seen().in_flight, 0u);
}

TEST_F(endpoint_concurrency_test, a_probe_waits_like_anybody_else) {
    options.concurrency->max_queue_size = 10;
    options.circuit_breaker.emplace().failure_threshold = 1;
    options.circuit_breaker->reset_timeout = 10s;
    const auto slow = start();
    state.breaker->breaker().try_acquire(time.now())->failure(time.now());
    ASSERT_EQ(state.breaker->breaker().inspect(time.now()).state, circuit_state::open);
    advance(10s);
    const auto probe = start();
    EXPECT_FALSE(probe->outcome) << "its circuit is half-open, not open";
    EXPECT_EQ(seen().queued, 1u);
    transport.release();
    settle();
    EXPECT_TRUE(is_ok(probe));
    EXPECT_EQ(state.breaker->breaker().inspect(time.now()).state, circuit_state::closed);
}

TEST_F(endpoint_concurrency_test, waiting_is_no_latency_of_the_api) {
    options.concurrency->max_queue_size = 10;
    options.circuit_breaker.emplace().latency_threshold = 5s;
    options.circuit_breaker->minimum_requests = 1;
    const auto first = start();
    const auto second = start();
    advance(4s);
    first->cancel.emit(asio::cancellation_type::terminal);
    settle();
    ASSERT_EQ(transport.sent.size(), 2u);
    advance(4s);
    transport.release();
    settle();
    EXPECT_TRUE(is_ok(second));
    EXPECT_EQ(state.breaker->breaker().inspect(time.now()).state, circuit_state::closed)
        << "4 s in the queue and 4 s at the API are not 8 s";
}

TEST_F(endpoint_concurrency_test, a_streamed_answer_is_in_flight_until_it_is_read) {
    transport.held = false;
    transport.on_send = [](const auto&) -> result<response> {
        response made = answer(200);
        made.stream = std::make_unique<memory_body>(std::vector<std::string>{"a", "b"});
        return made;
    };
    auto got = call();
    ASSERT_TRUE(got);
    EXPECT_EQ(seen().in_flight, 1u);
    EXPECT_EQ(call().error().kind, error_kind::overloaded);
    const auto read_all = [](body_source& from) -> asio::awaitable<void> {
        for (auto piece = co_await from.read(); piece && !piece->empty();)
            piece = co_await from.read();
    };
    asio::co_spawn(loop, read_all(*got->stream), asio::detached);
    settle();
    EXPECT_EQ(seen().in_flight, 0u);
    auto dropped = call();
    ASSERT_TRUE(dropped);
    EXPECT_EQ(seen().in_flight, 1u);
    dropped->stream.reset();
    EXPECT_EQ(seen().in_flight, 0u) << "given up is over, too";
}

TEST_F(endpoint_concurrency_test, a_retry_takes_a_place_of_its_own) {
    options.middleware.error.retry.emplace();
    transport.held = false;
    transport.on_send = [at = 0](const auto&) mutable -> result<response> {
        response made = answer(at++ == 0 ? 503 : 200);
        made.stream = std::make_unique<memory_body>(std::vector<std::string>{"a"});
        return made;
    };
    auto pending = start();
    EXPECT_FALSE(pending->outcome);
    EXPECT_EQ(seen().in_flight, 0u) << "none is held in the pause";
    advance(10s);
    ASSERT_TRUE(is_ok(pending));
    EXPECT_EQ((*pending->outcome)->status, 200);
    EXPECT_EQ(seen().in_flight, 1u);
    pending.reset();
    EXPECT_EQ(seen().in_flight, 0u);
}

TEST_F(endpoint_concurrency_test, another_limit_takes_effect_and_those_in_flight_stay) {
    options.concurrency->max_queue_size = 10;
    const auto first = start();
    const auto second = start();
    EXPECT_EQ(seen().queued, 1u);
    concurrency_options more = *options.concurrency;
    more.max = 2;
    state.slots->reconfigure(more);
    settle();
    EXPECT_EQ(transport.sent.size(), 2u);
    more.max = 1;
    state.slots->reconfigure(more);
    EXPECT_EQ(seen().in_flight, 2u);
    transport.release();
    settle();
    EXPECT_TRUE(is_ok(first) && is_ok(second));
}

TEST_F(endpoint_concurrency_test, closing_ends_every_wait) {
    options.concurrency->max_queue_size = 10;
    const auto first = start();
    const auto second = start();
    state.slots->close();
    settle();
    EXPECT_EQ(kind_of(second), error_kind::cancelled);
    EXPECT_FALSE(first->outcome);
}

/// The API takes time, and by how much the limit follows it.
class adaptive_concurrency_test : public endpoint_concurrency_test {
protected:
    adaptive_concurrency_test() : endpoint_concurrency_test(true) {
        options.concurrency = concurrency_options{.adaptive = true, .initial = 10};
    }
    // So many calls at a time until each has had so many turns.
    void rounds(int count, std::size_t at_a_time) {
        for (int round = 0; round < count; ++round) {
            std::vector<std::shared_ptr<pending_call>> calls;
            for (std::size_t i = 0; i < at_a_time; ++i)
                calls.push_back(start());
            advance(1s);
        }
    }
    void answer_after(duration took, int status = 200) {
        clockwork.on_request([took, status](const auto&) {
            return symphony::testing::fake_answer(status).after(took);
        });
    }
};

TEST_F(adaptive_concurrency_test, grows_while_answers_come_as_quickly_as_before) {
    answer_after(100ms);
    rounds(20, 10);
    EXPECT_GT(seen().limit, 10u);
    EXPECT_TRUE(seen().adaptive);
}

TEST_F(adaptive_concurrency_test, stays_while_it_is_not_used) {
    answer_after(100ms);
    rounds(100, 2);
    EXPECT_EQ(seen().limit, 10u);
}

TEST_F(adaptive_concurrency_test, shrinks_on_overload_and_on_time_outs) {
    answer_after(100ms, 503);
    rounds(5, 10);
    const std::uint32_t after_overload = seen().limit;
    EXPECT_LT(after_overload, 10u);
    options.timeout = 500ms;
    build();
    answer_after(10s);
    rounds(10, 10);
    EXPECT_LT(seen().limit, 10u);
}

TEST_F(adaptive_concurrency_test, what_says_nothing_about_capacity_changes_nothing) {
    for (const int status : {500, 501, 429}) {
        answer_after(100ms, status);
        rounds(20, 10);
        EXPECT_EQ(seen().limit, 10u) << status;
    }
}

TEST_F(adaptive_concurrency_test, becomes_a_number_and_again_adaptive) {
    answer_after(100ms);
    rounds(20, 10);
    const std::uint32_t learnt = seen().limit;
    state.slots->reconfigure({.max = 3});
    EXPECT_EQ(seen().limit, 3u);
    rounds(20, 3);
    EXPECT_EQ(seen().limit, 3u);
    state.slots->reconfigure(*options.concurrency);
    EXPECT_EQ(seen().limit, learnt);
}

}  // namespace
}  // namespace symphony
