// Priorities and turns where costs differ: promises for one are of no use to another.
#include "shared_queue_town.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

using namespace std::chrono_literals;

class shared_queue_order_test : public call_testing::queue_town {
protected:
    // A process alone that has used all there is.
    process& use_up(std::uint32_t max, duration window,
                    rate_strategy strategy = rate_strategy::sliding_window, duration way = 150us) {
        processes.clear();
        store.emplace(clock);
        limit(max, window, strategy);
        process& in = join();
        in.way = way;
        arrive(in, strategy == rate_strategy::leaky_bucket ? 1 : max);
        run(10ms + 2 * way);
        EXPECT_EQ(granted(in), 1u);
        return in;
    }
    void arrive_and_wait(process& in, int many) {
        for (int i = 0; i < many; ++i)
            arrive(in);
        run(100ms);
    }
};

using turns = std::vector<std::size_t>;

TEST_F(shared_queue_order_test, a_dear_call_of_a_higher_class_comes_before_cheap_ones) {
    for (const auto strategy : {rate_strategy::sliding_window, rate_strategy::token_bucket}) {
        process& in = use_up(4, 1s, strategy);
        for (int i = 0; i < 6; ++i)
            arrive(in);
        run(10ms);
        const caller dear = arrive(in, 3, 0);
        run(5s);
        EXPECT_EQ(order_of(in), (turns{0, 7, 1, 2, 3, 4, 5, 6})) << to_string(strategy);
        EXPECT_LE(*dear->granted - dear->arrived, 1s);
        expect_no_window_above(strategy == rate_strategy::sliding_window ? 4 : 8, 1s);
        run(10s);
        EXPECT_EQ(free_in_store(in), 4u);
    }
}

TEST_F(shared_queue_order_test, a_cheap_call_of_a_higher_class_comes_before_dear_ones) {
    for (const auto strategy : {rate_strategy::token_bucket, rate_strategy::leaky_bucket}) {
        process& in = use_up(4, 1s, strategy);
        arrive(in, strategy == rate_strategy::leaky_bucket ? 1 : 3);
        arrive(in, strategy == rate_strategy::leaky_bucket ? 1 : 3);
        run(10ms);
        const caller cheap = arrive(in, 1, 0);
        run(5s);
        EXPECT_EQ(order_of(in), (turns{0, 3, 1, 2})) << to_string(strategy);
        EXPECT_LE(*cheap->granted - cheap->arrived, 250ms);
        EXPECT_LE(*in.callers[2]->granted - in.callers[2]->arrived, 1760ms) << "nothing is lost";
    }
}

TEST_F(shared_queue_order_test, who_leaves_lets_the_next_one_move_up_whatever_it_costs) {
    process& in = use_up(2, 1s, rate_strategy::token_bucket);
    const caller first = arrive(in, 1);
    const caller dear = arrive(in, 2);
    const caller last = arrive(in, 1);
    run(100ms);
    leave(in, first);
    run(5s);
    EXPECT_EQ(order_of(in), (turns{0, 2, 3}));
    EXPECT_LE(*dear->granted - dear->arrived, 1001ms);
    EXPECT_LE(*last->granted - last->arrived, 1501ms);
}

TEST_F(shared_queue_order_test, behind_anothers_promise_nothing_is_given_up) {
    process& in = use_up(4, 1s, rate_strategy::token_bucket);
    process& other = join();
    for (int i = 0; i < 4; ++i)
        arrive(in);
    run(1ms);
    const caller theirs = arrive(other);
    run(1ms);
    const caller dear = arrive(in, 2, 0);
    run(1ms);
    EXPECT_EQ(in.refunds, 1u) << "one try";
    run(5s);
    EXPECT_EQ(order_of(in), (turns{0, 1, 2, 3, 4, 5}));
    EXPECT_LE(*in.callers[4]->granted - in.callers[4]->arrived, 1002ms);
    EXPECT_LE(*theirs->granted - theirs->arrived, 1252ms);
    EXPECT_LE(*dear->granted - dear->arrived, 1752ms);
    EXPECT_EQ(in.refunds, 1u);
}

TEST_F(shared_queue_order_test, a_promise_that_stays_serves_whom_it_suffices_for) {
    process& in = use_up(4, 1s, rate_strategy::token_bucket);
    process& other = join();
    arrive(in, 2);
    run(1ms);
    arrive(other);
    run(1ms);
    const caller cheap = arrive(in, 1, 0);
    run(5s);
    EXPECT_EQ(order_of(in), (turns{0, 2, 1}));
    EXPECT_LE(*cheap->granted - cheap->arrived, 500ms);
}

TEST_F(shared_queue_order_test, with_others_who_want_nothing_it_holds_too) {
    process& in = use_up(4, 1s);
    (void)join();
    for (int i = 0; i < 20; ++i)
        arrive(in);
    run(10ms);
    arrive(in, 3, 0);
    run(10s);
    turns expected{0, 21};
    for (std::size_t i = 1; i <= 20; ++i)
        expected.push_back(i);
    EXPECT_EQ(order_of(in), expected);
    EXPECT_EQ(in.refunds, 20u);
}

// However often the order is disturbed, what it costs is bounded, and order comes in the end.
TEST_F(shared_queue_order_test, order_costs_a_thousand_returns_a_second_at_most) {
    process& in = use_up(100, 1s);
    for (int i = 0; i < 400; ++i)
        arrive(in);
    run(10ms);
    for (int i = 0; i < 200; ++i) {
        arrive(in, 2, 0);
        run(2ms);
    }
    EXPECT_LE(in.refunds, 1800u);
    run(30s);
    EXPECT_EQ(granted(in), 601u);
    expect_no_window_above(100, 1s - 1ms);
    run(5s);
    EXPECT_EQ(free_in_store(in), 100u);
}

TEST_F(shared_queue_order_test, whoever_has_a_place_keeps_it_while_promises_are_made_anew) {
    options.max_queue_size = 6;
    process& in = use_up(2, 1s, rate_strategy::sliding_window, 5ms);
    arrive_and_wait(in, 5);
    arrive(in, 2, 0);  // the sixth
    run(7ms);
    arrive(in);  // one too many
    arrive(in, 1, 0);
    run(10s);
    for (std::size_t i = 1; i <= 6; ++i)
        EXPECT_TRUE(in.callers[i]->granted) << i;
    for (std::size_t i = 7; i <= 8; ++i) {
        EXPECT_TRUE(in.callers[i]->refused) << i;
        EXPECT_EQ(in.callers[i]->why.what, rate_decision::verdict::full) << i;
    }
}

TEST_F(shared_queue_order_test, a_queue_holds_no_more_than_it_may_while_classes_pass_each_other) {
    options.max_queue_size = 6;
    process& in = use_up(4, 4s, rate_strategy::token_bucket, 5ms);
    arrive(in, 2, 0);
    arrive_and_wait(in, 4);
    arrive(in);  // the sixth: its claim is under way
    run(2ms);
    for (int i = 0; i < 20; ++i)
        arrive(in, 1, 1);
    EXPECT_EQ(in.queue.size(), 6u);
    run(60s);
    EXPECT_EQ(granted(in), 7u);
}

TEST_F(shared_queue_order_test, whose_promise_was_anothers_has_a_place_of_its_own) {
    options.max_queue_size = 3;
    process& in = use_up(4, 4s, rate_strategy::token_bucket, 5ms);
    const caller leaves = arrive(in);
    arrive(in, 2);
    run(100ms);
    const caller first = arrive(in, 1, 1);
    run(100ms);
    leave(in, leaves);
    run(100ms);
    arrive(in, 3, 0);
    run(2ms);
    const caller too_many = arrive(in, 3, 0);
    run(60s);
    EXPECT_TRUE(first->granted);
    ASSERT_TRUE(too_many->refused);
    EXPECT_EQ(too_many->why.what, rate_decision::verdict::full);
}

TEST_F(shared_queue_order_test,
       what_was_asked_for_one_that_left_does_not_keep_a_dearer_one_from_asking) {
    process& in = use_up(4, 4s, rate_strategy::token_bucket, 1ms);
    process& other = join();
    leave(in, arrive(in));
    const caller dear = arrive(in, 3);
    const caller in_vain = arrive(in, 3, 5, now() + 1500ms);
    run(10ms);
    EXPECT_TRUE(in_vain->refused) << "at once";
    run(490ms);
    for (int i = 0; i < 8; ++i)
        arrive(other);
    run(60s);
    EXPECT_LE(*dear->granted - dear->arrived, 3010ms) << "and what was asked for it is not lost";
    EXPECT_EQ(granted(other), 8u);
}

TEST_F(shared_queue_order_test, where_nobody_has_to_wait_nobody_waits_for_anothers_answer) {
    limit(100'000, 1s);
    process& in = join();
    in.way = 5ms;
    arrive(in);
    run(1ms);
    const caller dear = arrive(in, 3, 0);
    run(1s);
    EXPECT_LE(*dear->granted - dear->arrived, 10ms);
    EXPECT_EQ(in.refunds, 0u);
}

TEST_F(shared_queue_order_test, a_pause_while_promises_go_back) {
    process& in = use_up(4, 1s, rate_strategy::sliding_window, 5ms);
    arrive_and_wait(in, 6);
    arrive(in, 3, 0);
    run(7ms);
    pause(in, 2s);
    const instant end = now() + 2s;
    run(10s);
    EXPECT_EQ(order_of(in), (turns{0, 7, 1, 2, 3, 4, 5, 6}));
    EXPECT_GE(*in.callers[7]->granted, end);
    expect_no_window_above(4, 1s - 11ms);
    run(5s);
    EXPECT_EQ(free_in_store(in), 4u);
}

TEST_F(shared_queue_order_test, a_store_that_goes_while_promises_go_back) {
    process& in = use_up(4, 1s, rate_strategy::sliding_window, 5ms);
    arrive_and_wait(in, 6);
    arrive(in, 3, 0);
    run(2ms);
    EXPECT_EQ(in.queue.abandon().size(), 7u);
    run(1s);
    EXPECT_FALSE(in.queue.next(now()));
    EXPECT_EQ(in.queue.size(), 0u);
}

}  // namespace
}  // namespace symphony
