#include "shared_limit_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;
using ::testing::ElementsAre;

using endpoint_shared_limit_test = shared_limit_rig;

TEST_F(endpoint_shared_limit_test, a_call_takes_its_permit_from_the_store) {
    limit(1);
    make();
    ASSERT_TRUE(call());
    ASSERT_EQ(store->claims.size(), 1u);
    EXPECT_EQ(store->claims[0].cost, 1u);
    EXPECT_EQ(store->claims[0].want, 0u);
    EXPECT_EQ(store->claims[0].max_wait, 10min);
    EXPECT_EQ(store->key, "k");
    EXPECT_EQ(state.gate->store_name(), "redis");
    EXPECT_EQ(state.metrics->total().rate_limit_wait.total, 1u);
}

TEST_F(endpoint_shared_limit_test, a_queued_call_costs_one_round_trip_and_no_polling) {
    limit(1);
    make();
    ASSERT_TRUE(call());
    const auto second = start();
    EXPECT_EQ(state.gate->queued(), 1u);
    EXPECT_EQ(store->claims.size(), 2u);
    advance(60s - 1ns);
    EXPECT_FALSE(second->outcome) << "never before its moment";
    advance(1ns);
    ASSERT_TRUE(second->outcome && *second->outcome);
    EXPECT_EQ(store->claims.size(), 2u);
    EXPECT_TRUE(store->refunds.empty());
    EXPECT_EQ(state.gate->queued(), 0u);
}

TEST_F(endpoint_shared_limit_test, a_wait_counts_from_the_answers_arrival) {
    limit(1);
    make();
    ASSERT_TRUE(call());
    store->held = true;
    const auto second = start();
    advance(5s);
    store->release();
    settle();
    advance(60s - 1ns);
    EXPECT_FALSE(second->outcome);
    advance(1ns);
    EXPECT_TRUE(second->outcome);
}

TEST_F(endpoint_shared_limit_test, the_local_order_is_by_priority_and_then_by_arrival) {
    limit(1);
    make();
    ASSERT_TRUE(call());
    in_order();
    request last("/last");
    last.priority = 9;
    request first("/first");
    first.priority = 0;
    const auto a = start(last);
    const auto b = start(request("/second"));
    const auto c = start(request("/third"));
    const auto d = start(first);
    advance(5min);
    EXPECT_THAT(order, ElementsAre("/v2/first", "/v2/second", "/v2/third", "/v2/last"));
    EXPECT_EQ(store->claims.size(), 5u);
    EXPECT_TRUE(store->refunds.empty());
}

TEST_F(endpoint_shared_limit_test, a_dear_call_of_a_higher_class_comes_first_too) {
    limit(2);
    make();
    ASSERT_TRUE(call());
    ASSERT_TRUE(call());
    in_order();
    const auto a = start(request("/second"));
    const auto b = start(request("/third"));
    request dear("/first");
    dear.priority = 0;
    dear.cost = 2;
    const auto c = start(dear);
    ASSERT_EQ(store->refunds.size(), 2u) << "the newest first";
    EXPECT_GT(store->refunds[0].first, store->refunds[1].first);
    EXPECT_EQ(store->claims.size(), 7u);
    advance(60s);
    EXPECT_THAT(order, ElementsAre("/v2/first"));
    advance(60s);
    EXPECT_THAT(order, ElementsAre("/v2/first", "/v2/second", "/v2/third"));
}

TEST_F(endpoint_shared_limit_test, a_wait_beyond_the_deadline_is_refused_at_once) {
    limit(1);
    make();
    ASSERT_TRUE(call());
    request hasty;
    hasty.timeout = 5s;
    const auto got = call(hasty);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::rate_limited);
    EXPECT_EQ(got.error().retry_after, 60s);
    EXPECT_EQ(store->claims[1].max_wait, 5s);
    EXPECT_EQ(state.metrics->total().rate_limit_rejected, 1u);
    advance(60s);
    EXPECT_TRUE(call()) << "whoever waits exactly retry_after is admitted";
}

TEST_F(endpoint_shared_limit_test, the_queues_own_bounds_hold) {
    limit(1);
    options.rate_limit->max_queue_size = 1;
    options.rate_limit->max_queue_time = 90s;
    make();
    ASSERT_TRUE(call());
    const auto waiting = start();
    EXPECT_EQ(store->claims.back().max_wait, 90s);
    const auto got = call();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::overloaded);
    EXPECT_EQ(got.error().retry_after, 120s) << "the moment at 60 s is the waiter's";
    EXPECT_EQ(store->claims.size(), 2u) << "a full queue asks nobody";
    advance(60s);
    EXPECT_TRUE(waiting->outcome && *waiting->outcome);
    advance(60s);
    EXPECT_TRUE(call()) << "whoever waits exactly retry_after is admitted";
}

TEST_F(endpoint_shared_limit_test, without_a_queue_nobody_waits) {
    limit(1);
    options.rate_limit->max_queue_size = 0;
    make();
    ASSERT_TRUE(call());
    const auto got = call();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::rate_limited);
    EXPECT_EQ(got.error().retry_after, 60s);
    EXPECT_EQ(store->claims.back().max_wait, 0s);
}

TEST_F(endpoint_shared_limit_test, a_round_trip_is_no_wait_of_the_queues) {
    limit(1);
    options.rate_limit->max_queue_time = 0s;
    make();
    store->held = true;
    const auto first = start();
    advance(5ms);
    store->release();
    settle();
    ASSERT_TRUE(first->outcome);
    EXPECT_TRUE(*first->outcome);
    EXPECT_EQ(call().error().kind, error_kind::rate_limited);
}

TEST_F(endpoint_shared_limit_test, an_overtaken_call_ends_with_its_time_in_the_queue) {
    limit(1);
    options.rate_limit->max_queue_time = 115s;
    make();
    ASSERT_TRUE(call());
    const auto overtaken = start();  // promised 60 s
    advance(10s);
    request first;
    first.priority = 0;
    const auto better = start(first);  // 120 s, but it comes first
    advance(105s - 1ns);
    EXPECT_TRUE(better->outcome);
    EXPECT_FALSE(overtaken->outcome);
    advance(1ns);
    ASSERT_TRUE(overtaken->outcome);
    EXPECT_EQ(overtaken->outcome->error().kind, error_kind::rate_limited);
    EXPECT_EQ(overtaken->outcome->error().retry_after, 5s);
    EXPECT_EQ(store->refunds.size(), 1u);
    EXPECT_EQ(state.gate->queued(), 0u);
    advance(5s);
    EXPECT_TRUE(call()) << "whoever waits exactly retry_after is admitted";
}

TEST_F(endpoint_shared_limit_test, who_waits_for_its_own_claim_alone_still_has_its_deadline) {
    limit(1);
    options.rate_limit->max_queue_time = 0s;
    make();
    store->held = true;
    request hasty;
    hasty.timeout = 1s;
    const auto one = start(hasty);
    advance(1s - 1ns);
    EXPECT_FALSE(one->outcome);
    advance(1ns);
    ASSERT_TRUE(one->outcome);
    EXPECT_EQ(one->outcome->error().kind, error_kind::rate_limited);
    store->release();
    settle();
    EXPECT_EQ(store->refunds.size(), 1u);
}

TEST_F(endpoint_shared_limit_test, a_store_that_falls_keeps_nobody_whose_time_is_up) {
    limit(1);
    options.rate_limit->max_queue_time = 0s;
    make();
    store->held = store->answers_late = true;
    const auto first = start();
    const auto second = start();
    advance(5ms);
    EXPECT_FALSE(first->outcome || second->outcome);
    store->down = true;
    store->release();
    settle();
    ASSERT_TRUE(first->outcome && second->outcome);
    EXPECT_TRUE(*first->outcome) << "by the local share";
    EXPECT_EQ(second->outcome->error().kind, error_kind::rate_limited);
}

TEST_F(endpoint_shared_limit_test, costs_are_claimed_whole_and_served_alike) {
    limit(3);
    make();
    in_order();
    request three("/three");
    three.cost = 3;
    request two("/two");
    two.cost = 2;
    const auto a = start(three);
    const auto b = start(two);
    const auto c = start(request("/one"));
    EXPECT_THAT(order, ElementsAre("/v2/three"));
    EXPECT_EQ(store->claims[1].cost, 2u);
    advance(60s);
    EXPECT_THAT(order, ElementsAre("/v2/three", "/v2/two", "/v2/one"));
    request four;
    four.cost = 4;
    const auto never = call(four);
    ASSERT_FALSE(never);
    EXPECT_FALSE(never.error().retry_after) << "waiting would not help";
    EXPECT_EQ(store->claims.size(), 3u);
}

TEST_F(endpoint_shared_limit_test, cost_0_asks_and_changes_nothing) {
    limit(1);
    make();
    request look;
    look.cost = 0;
    ASSERT_TRUE(call(look));
    ASSERT_TRUE(call());
    const auto got = call(look);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::rate_limited);
    EXPECT_EQ(got.error().retry_after, 60s);
}

TEST_F(endpoint_shared_limit_test, a_cancelled_waiters_reservation_goes_back) {
    limit(1);
    make();
    in_order();
    ASSERT_TRUE(call(request("/a")));
    const auto first = start(request("/b"));   // reserved at 60 s
    const auto second = start(request("/c"));  // at 120 s
    cancel(first);
    ASSERT_TRUE(first->outcome);
    EXPECT_EQ(first->outcome->error().kind, error_kind::cancelled);
    ASSERT_EQ(store->refunds.size(), 1u) << "the latest of this process";
    EXPECT_EQ(store->refunds[0].first, 103u);
    advance(60s);
    EXPECT_TRUE(second->outcome) << "the next one moves up";
    const auto third = start();
    advance(60s);
    EXPECT_TRUE(third->outcome) << "what went back is there again";
}

TEST_F(endpoint_shared_limit_test, a_waiter_that_leaves_while_it_is_asked_for_gives_back_too) {
    limit(1);
    make();
    ASSERT_TRUE(call());
    store->held = true;
    const auto waiting = start();
    cancel(waiting);
    store->release();
    settle();
    EXPECT_EQ(store->refunds.size(), 1u);
    EXPECT_EQ(state.gate->queued(), 0u);
}

TEST_F(endpoint_shared_limit_test, a_late_answer_does_not_hold_a_call_beyond_its_deadline) {
    limit(1);
    make();
    store->held = true;
    request hasty;
    hasty.timeout = 1s;
    const auto waiting = start(hasty);
    advance(1s);
    ASSERT_TRUE(waiting->outcome);
    EXPECT_EQ(waiting->outcome->error().kind, error_kind::rate_limited);
    store->release();
    settle();
    EXPECT_EQ(store->refunds.size(), 1u) << "what came too late";
}

TEST_F(endpoint_shared_limit_test, an_opening_circuit_sends_the_waiters_and_their_claims_back) {
    limit(2);
    options.circuit_breaker.emplace().failure_threshold = 1;
    make();
    transport.held = true;
    const auto going = start();
    const auto other = start();
    std::vector<std::shared_ptr<pending_call>> waiting;
    for (int i = 0; i < 5; ++i)
        waiting.push_back(start());
    EXPECT_EQ(state.gate->queued(), 5u);
    transport.on_send = [](const auto&) -> result<response> { return answer(500); };
    transport.release();
    settle();
    for (const auto& one : waiting) {
        ASSERT_TRUE(one->outcome);
        EXPECT_EQ(one->outcome->error().kind, error_kind::circuit_open);
    }
    EXPECT_EQ(store->refunds.size(), 5u);
    EXPECT_EQ(state.gate->queued(), 0u);
    EXPECT_EQ(store->model.used(time.now()), 2u);
}

TEST_F(endpoint_shared_limit_test, what_was_not_sent_goes_back) {
    limit(1);
    make();
    transport.on_send = [](const auto&) { return failure(error_kind::connect_failed, false); };
    EXPECT_FALSE(call());
    EXPECT_THAT(store->refunds, ElementsAre(std::pair(101ul, 1u)));
    transport.on_send = [](const auto&) { return failure(error_kind::connection_lost, true); };
    EXPECT_FALSE(call());
    EXPECT_EQ(store->refunds.size(), 1u);
}

TEST_F(endpoint_shared_limit_test, the_view_is_the_stores_last_word) {
    limit(10);
    make();
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 10u) << "before anything is known";
    settle();
    ASSERT_TRUE(call());
    ASSERT_TRUE(call());
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 8u);
    EXPECT_EQ(store->looks, 1) << "no round trip for each look";
    advance(1s);
    (void)state.gate->look(time.now());
    settle();
    EXPECT_EQ(store->looks, 2);
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 8u);
}

}  // namespace
}  // namespace symphony
