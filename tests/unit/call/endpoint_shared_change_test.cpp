#include "shared_limit_rig.hpp"

#include <gmock/gmock.h>

// What happens to calls before a shared budget while they wait: hints, and other limits.

namespace symphony {
namespace {

using namespace call_testing;
using ::testing::ElementsAre;

using endpoint_shared_change_test = shared_limit_rig;

TEST_F(endpoint_shared_change_test, a_hint_pauses_the_budget_for_all) {
    limit(100);
    make();
    transport.on_send = [](const auto&) -> result<response> {
        return answer(429, {{"retry-after", "7"}});
    };
    ASSERT_TRUE(call());
    EXPECT_THAT(store->pauses, ElementsAre(7s));
    transport.on_send = [](const auto&) -> result<response> { return answer(200); };
    const auto waiting = start();
    advance(7s - 1ns);
    EXPECT_FALSE(waiting->outcome);
    advance(1ns);
    EXPECT_TRUE(waiting->outcome);
}

TEST_F(endpoint_shared_change_test, reservations_inside_a_pause_are_made_anew) {
    limit(1);
    make();
    transport.held = true;
    const auto going = start();
    const auto waiting = start();  // reserved at 60 s
    transport.on_send = [](const auto&) -> result<response> {
        return answer(429, {{"retry-after", "100"}});
    };
    transport.release();
    settle();
    EXPECT_EQ(store->refunds.size(), 1u);
    advance(50ms);
    EXPECT_EQ(store->real_claims(), 3u);
    advance(100s - 50ms - 1ns);
    EXPECT_FALSE(waiting->outcome);
    advance(1ns);
    EXPECT_TRUE(waiting->outcome);
}

TEST_F(endpoint_shared_change_test, a_burst_of_hints_makes_waiters_ask_once) {
    limit(20);
    make();
    transport.held = true;
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int i = 0; i < 30; ++i)
        calls.push_back(start());  // 20 are sent, 10 wait
    EXPECT_EQ(store->real_claims(), 30u);
    for (int i = 0; i < 20; ++i) {  // each a little later
        advance(1ms);
        state.gate->pause(time.now() + 100s, time.now());
        settle();
    }
    transport.release();
    advance(10min);
    EXPECT_EQ(store->real_claims(), 40u);
    EXPECT_EQ(store->refunds.size(), 10u);
    for (const auto& one : calls)
        EXPECT_TRUE(one->outcome && *one->outcome);
}

TEST_F(endpoint_shared_change_test, a_pause_heard_of_is_kept_when_the_store_falls) {
    limit(100);
    make();
    store->model.pause(time.now() + 7s);
    const auto waiting = start();
    store->down = true;
    const auto finds_out = start();
    EXPECT_EQ(state.gate->store_name(), "redis") << "nobody is asked within a burst of pauses";
    advance(50ms);
    EXPECT_EQ(state.gate->store_name(), "redis-down");
    advance(3s);
    store->down = false;
    advance(1s);
    EXPECT_EQ(state.gate->store_name(), "redis");
    advance(3s - 50ms - 1ns);
    EXPECT_FALSE(waiting->outcome || finds_out->outcome);
    advance(1ns);
    EXPECT_TRUE(waiting->outcome && finds_out->outcome);
    EXPECT_TRUE(store->pauses.empty()) << "it began elsewhere";
}

TEST_F(endpoint_shared_change_test, a_waiter_that_new_limits_never_admit_is_told_so) {
    limit(5);
    make();
    request five;
    five.cost = 5;
    ASSERT_TRUE(call(five));
    const auto waiting = start(five);
    options.rate_limit->max_requests_per_minute = 3;
    state.gate->reconfigure(*options.rate_limit, &*options.rate_sharing, time.now());
    settle();
    ASSERT_TRUE(waiting->outcome);
    EXPECT_EQ(waiting->outcome->error().kind, error_kind::rate_limited);
    EXPECT_FALSE(waiting->outcome->error().retry_after) << "waiting would not help";
    EXPECT_EQ(store->refunds.size(), 1u);
}

TEST_F(endpoint_shared_change_test, new_limits_take_effect_at_once) {
    limit(1);
    make();
    ASSERT_TRUE(call());
    options.rate_limit->max_requests_per_minute = 5;
    state.gate->reconfigure(*options.rate_limit, &*options.rate_sharing, time.now());
    request five;
    five.cost = 5;
    five.timeout = 1s;
    const auto got = call(five);
    ASSERT_FALSE(got);
    EXPECT_EQ(store->claims.back().cost, 5u);
}

}  // namespace
}  // namespace symphony
