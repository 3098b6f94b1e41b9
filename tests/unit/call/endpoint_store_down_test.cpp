#include "call_rig.hpp"
#include "fake_store.hpp"

#include <gmock/gmock.h>

#include <array>

namespace symphony {
namespace {

using namespace call_testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class endpoint_store_down_test : public ::testing::Test, protected call_rig {
protected:
    void make(std::uint64_t per_minute, store_failure how) {
        options.rate_limit.emplace().max_requests_per_minute = per_minute;
        options.timeout = 10min;
        options.rate_sharing.emplace().on_store_failure = how;
        store = std::make_shared<fake_store>(loop.get_executor(), time, per_minute, 1min);
        build();
        state.gate = rate_gate::make(*options.rate_limit, here,
                                     rate_sharing{*options.rate_sharing, "k", store, on->events()});
        std::const_pointer_cast<endpoint>(on)->attach(state);
        transport.on_send = [this](const sent_request& seen) -> result<response> {
            order.push_back(seen.target);
            return answer(200);
        };
    }
    [[nodiscard]] std::vector<std::string> changes() const {
        std::vector<std::string> seen;
        for (const event& what : events) {
            if (what.name == "rate_limit.store") seen.push_back(what.fields.at(1).second);
        }
        return seen;
    }
    std::shared_ptr<fake_store> store;
    std::vector<std::string> order;
};

TEST_F(endpoint_store_down_test, open_admits_all) {
    make(1, store_failure::open);
    store->down = true;
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(call());
    EXPECT_EQ(store->claims.size(), 1u) << "only the first call waits for a store that is down";
    EXPECT_EQ(state.gate->store_name(), "redis-down");
    EXPECT_THAT(changes(), ElementsAre("redis-down"));
}

TEST_F(endpoint_store_down_test, closed_refuses_with_store_unavailable) {
    make(1, store_failure::closed);
    store->down = true;
    for (int i = 0; i < 2; ++i) {
        const auto got = call();
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().kind, error_kind::store_unavailable);
        EXPECT_TRUE(got.error().retry_after);
    }
    EXPECT_TRUE(transport.sent.empty());
    EXPECT_THAT(changes(), ElementsAre("redis-down"));
}

TEST_F(endpoint_store_down_test, local_keeps_to_this_instances_share) {
    make(6, store_failure::local);
    store->model.instances = 3;
    ASSERT_TRUE(call());
    store->down = true;
    ASSERT_TRUE(call());
    ASSERT_TRUE(call());
    request hasty;
    hasty.timeout = 1s;
    const auto got = call(hasty);
    ASSERT_FALSE(got) << "2 of 6 are the share of one of three";
    EXPECT_EQ(got.error().kind, error_kind::rate_limited);
    EXPECT_EQ(got.error().retry_after, 60s);
    EXPECT_EQ(state.gate->look(time.now()).levels[0].max, 2u);
}

TEST_F(endpoint_store_down_test, a_share_is_never_less_than_one) {
    make(2, store_failure::local);
    store->model.instances = 100;
    ASSERT_TRUE(call());
    store->down = true;
    EXPECT_TRUE(call());
    request two;
    two.cost = 2;
    const auto got = call(two);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::store_unavailable)
        << "the limit would grant it, the share never";
}

TEST_F(endpoint_store_down_test, a_waiter_that_a_lower_share_never_grants_is_told_so) {
    make(6, store_failure::local);
    store->model.instances = 3;
    ASSERT_TRUE(call());
    store->down = true;
    request two;
    two.cost = 2;
    ASSERT_TRUE(call(two));
    const auto waiting = start(two);
    EXPECT_EQ(state.gate->queued(), 1u);
    rate_limit_options fewer;
    fewer.max_requests_per_minute = 3;
    state.gate->reconfigure(fewer, &*options.rate_sharing, time.now());
    settle();
    ASSERT_TRUE(waiting->outcome);
    ASSERT_FALSE(*waiting->outcome);
    EXPECT_EQ(waiting->outcome->error().kind, error_kind::store_unavailable);
    EXPECT_EQ(state.gate->queued(), 0u);
}

TEST_F(endpoint_store_down_test, waiters_move_over_in_order_and_come_back) {
    make(1, store_failure::local);
    ASSERT_TRUE(call(request("/0")));
    request late("/late");
    late.priority = 9;
    const auto d = start(late);
    const auto a = start(request("/a"));
    const auto b = start(request("/b"));
    EXPECT_EQ(state.gate->queued(), 3u);
    store->down = true;
    const auto c = start(request("/c"));  // finds out: the first of the share is a's
    EXPECT_THAT(order, ElementsAre("/v2/0", "/v2/a"));
    EXPECT_EQ(state.gate->queued(), 3u);
    advance(30s);
    EXPECT_EQ(state.gate->store_name(), "redis-down");
    store->down = false;
    advance(1s);
    EXPECT_EQ(state.gate->store_name(), "redis") << "shared again within a second";
    EXPECT_EQ(state.gate->queued(), 3u);
    advance(10min);
    EXPECT_THAT(order, ElementsAre("/v2/0", "/v2/a", "/v2/b", "/v2/c", "/v2/late"));
    EXPECT_THAT(changes(), ElementsAre("redis-down", "redis"));
    EXPECT_EQ(state.gate->queued(), 0u);
}

TEST_F(endpoint_store_down_test, a_store_that_falls_while_promises_go_back) {
    make(2, store_failure::local);
    ASSERT_TRUE(call(request("/0")));
    ASSERT_TRUE(call(request("/1")));
    const auto a = start(request("/a"));
    const auto b = start(request("/b"));
    store->down = true;
    request dear("/dear");
    dear.cost = 2;
    dear.priority = 0;
    const auto first = start(dear);  // finds out by what it takes back
    EXPECT_THAT(changes(), ElementsAre("redis-down"));
    EXPECT_EQ(store->claims.size(), 4u);
    EXPECT_TRUE(store->refunds.empty());
    EXPECT_THAT(order, ElementsAre("/v2/0", "/v2/1", "/v2/dear"));
    store->down = false;
    advance(10min);
    EXPECT_THAT(order, ElementsAre("/v2/0", "/v2/1", "/v2/dear", "/v2/a", "/v2/b"));
    EXPECT_EQ(state.gate->queued(), 0u);
}

TEST_F(endpoint_store_down_test, waiters_are_told_when_closed_or_open_takes_over) {
    for (const store_failure how : {store_failure::open, store_failure::closed}) {
        make(1, how);
        ASSERT_TRUE(call());
        const auto waiting = start();
        store->down = true;
        const auto finds_out = start();
        ASSERT_TRUE(waiting->outcome && finds_out->outcome);
        EXPECT_EQ(waiting->outcome->has_value(), how == store_failure::open);
        on.reset();
        events.clear();
    }
}

TEST_F(endpoint_store_down_test, a_waiter_of_the_share_may_leave) {
    make(1, store_failure::local);
    store->down = true;
    ASSERT_TRUE(call());
    const auto first = start();
    const auto second = start();
    first->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_TRUE(first->outcome);
    EXPECT_EQ(state.gate->queued(), 1u);
    advance(60s);
    EXPECT_TRUE(second->outcome);
}

TEST_F(endpoint_store_down_test, the_store_is_tried_one_at_a_time_and_not_by_calls) {
    make(1000, store_failure::local);
    store->down = true;
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE(call());
    EXPECT_EQ(store->claims.size(), 1u);
    advance(2s);
    EXPECT_EQ(store->claims.size(), 9u);
    EXPECT_EQ(store->claims.back().cost, 0u) << "a test takes no permit";
}

TEST_F(endpoint_store_down_test, a_pause_while_it_is_down_is_told_when_it_is_back) {
    make(10, store_failure::local);
    store->down = true;
    ASSERT_TRUE(call());
    state.gate->pause(time.now() + 30s, time.now());
    advance(1s);
    EXPECT_TRUE(store->pauses.empty());
    store->down = false;
    advance(1s);
    ASSERT_EQ(store->pauses.size(), 1u);
    EXPECT_LE(store->pauses[0], 29s);
    const auto waiting = start();
    advance(27s);
    EXPECT_FALSE(waiting->outcome);
    advance(1s);
    EXPECT_TRUE(waiting->outcome);
}

TEST_F(endpoint_store_down_test, what_a_server_leaves_is_counted_across_an_outage) {
    make(100, store_failure::local);
    ASSERT_TRUE(call());
    state.gate->narrow(5, time.now() + 50s, time.now());
    ASSERT_TRUE(call());
    store->down = true;
    for (int i = 0; i < 2; ++i)
        ASSERT_TRUE(call());
    ASSERT_EQ(state.gate->store_name(), "redis-down");
    store->down = false;
    advance(1s);
    ASSERT_EQ(state.gate->store_name(), "redis");
    const std::array all{start(), start(), start()};
    advance(48s);
    EXPECT_TRUE(all[0]->outcome);
    EXPECT_TRUE(all[1]->outcome);
    EXPECT_FALSE(all[2]->outcome) << "2, 2 and 1 were left";
    advance(2s);
    EXPECT_TRUE(all[2]->outcome);
}

TEST_F(endpoint_store_down_test, answers_from_before_count_for_nothing) {
    make(10, store_failure::local);
    store->held = true;
    const auto slow = start();
    store->on_claim = [](const rate_claim&) -> result<rate_grant> {
        return fail(error_kind::store_unavailable, "no answer within 50ms");
    };
    const auto other = start();
    store->release();  // the first answer is a grant, the second a failure
    settle();
    EXPECT_TRUE(slow->outcome && *slow->outcome);
    EXPECT_TRUE(other->outcome && *other->outcome);
    EXPECT_THAT(changes(), ElementsAre("redis-down"));
}

TEST_F(endpoint_store_down_test, an_up_store_says_nothing) {
    make(10, store_failure::local);
    ASSERT_TRUE(call());
    EXPECT_THAT(event_names(), Not(Contains("rate_limit.store")));
    EXPECT_EQ(state.gate->store_up(), true);
}

}  // namespace
}  // namespace symphony
