#include "shared_queue_town.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

using namespace std::chrono_literals;

/// `maxQueueTime` before a store.
class shared_queue_time_test : public call_testing::queue_town {
protected:
    void bound(duration longest) { options.max_queue_time = longest; }
    // One a second for at most 1.6 s: this caller is promised 1 s, and at 0.5 s one of higher
    // priority comes, who is promised 2 s and takes the other.
    caller overtake_one(process& in, bool timer_is_late = false) {
        arrive(in);
        run(1ms);
        caller overtaken = arrive(in);
        overtaken->timed = timer_is_late;
        run(499ms);
        arrive(in, 1, 0);
        return overtaken;
    }
};

TEST_F(shared_queue_time_test, whose_promise_another_took_is_refused_at_its_end) {
    limit(1, 1s);
    bound(1600ms);
    process& in = join();
    const caller overtaken = overtake_one(in);
    run(5s);
    ASSERT_TRUE(overtaken->refused);
    EXPECT_EQ(*overtaken->refused - overtaken->arrived, 1600ms);
    EXPECT_EQ(overtaken->why.what, rate_decision::verdict::refused);
    EXPECT_NEAR(static_cast<double>(overtaken->why.retry_after.count()), 399e6, 1e6)
        << "the moment that was left over";
    EXPECT_EQ(in.refunds, 1u);
    EXPECT_EQ(granted(in), 2u);
}

TEST_F(shared_queue_time_test, what_is_left_over_serves_the_next_one) {
    limit(1, 1s);
    bound(1600ms);
    process& in = join();
    const caller overtaken = overtake_one(in);
    run(900ms);
    const caller next = arrive(in);  // 3 s
    run(1200ms);
    EXPECT_TRUE(overtaken->refused);
    ASSERT_TRUE(next->granted) << "at 2 s";
    EXPECT_LT(*next->granted - next->arrived, 700ms);
    EXPECT_EQ(in.refunds, 1u);
}

// Of a thread that is busy, say.
TEST_F(shared_queue_time_test, a_timer_that_comes_late_lets_nobody_wait_longer) {
    limit(1, 1s);
    bound(1600ms);
    process& in = join();
    const caller overtaken = overtake_one(in, true);
    run(1200ms);
    const caller next = arrive(in);
    run(500ms);
    EXPECT_FALSE(overtaken->granted);
    EXPECT_TRUE(next->granted) << "at 2 s: nobody is held up";
}

TEST_F(shared_queue_time_test, the_way_of_ones_own_claim_does_not_count) {
    limit(1, 1s);
    bound(0s);
    process& in = join();
    in.way = 20ms;
    const caller first = arrive(in);
    const caller second = arrive(in);
    run(1s);
    ASSERT_TRUE(first->granted);
    EXPECT_EQ(*first->granted - first->arrived, 40ms);
    ASSERT_TRUE(second->refused);
    EXPECT_EQ(*second->refused - second->arrived, 40ms) << "with the answer, and no later";
    EXPECT_GT(second->why.retry_after, 900ms);
}

TEST_F(shared_queue_time_test, a_moment_that_is_in_time_by_the_stores_clock_is_kept) {
    limit(1, 1s);
    bound(1s);
    process& in = join();
    arrive(in);
    run(200us);  // it is charged at 150 µs, and its moment comes here at 1 s + 300 µs
    const caller next = arrive(in);
    run(3s);
    ASSERT_TRUE(next->granted);
    EXPECT_EQ(*next->granted - next->arrived, 1s + 100us);
}

TEST_F(shared_queue_time_test, unless_another_takes_it) {
    limit(1, 1s);
    bound(1s);
    process& in = join();
    arrive(in);
    run(200us);
    const caller next = arrive(in);
    run(999900us);
    const caller better = arrive(in, 1, 0);
    run(3s);
    EXPECT_TRUE(better->granted);
    ASSERT_TRUE(next->refused);
    EXPECT_LE(*next->refused - next->arrived, 1s + 150us);
}

TEST_F(shared_queue_time_test, whoever_was_not_asked_for_yet_is_asked_for_in_time) {
    limit(1000, 1s);
    bound(0s);
    process& in = join();
    in.way = 10ms;
    for (int i = 0; i < 100; ++i)  // 32 claims go at once
        arrive(in);
    run(20ms);
    EXPECT_EQ(granted(in), 100u) << "nothing says that they had to wait";
    run(2s);
    for (int i = 0; i < 1100; ++i)
        arrive(in);
    run(20ms);
    EXPECT_EQ(granted(in), 1100u);
    run(20ms);
    EXPECT_EQ(in.queue.size(), 0u) << "the store was asked for the others too";
}

TEST_F(shared_queue_time_test, within_a_pause_nobody_is_asked_for_in_vain) {
    limit(10, 1s);
    bound(30ms);
    process& in = join();
    pause(in, 5s);
    run(10ms);
    const caller one = arrive(in);
    run(40ms);
    ASSERT_TRUE(one->refused);
    EXPECT_EQ(*one->refused - one->arrived, 30ms);
    EXPECT_NEAR(static_cast<double>(one->why.retry_after.count()), 4960e6, 1e6);
    EXPECT_EQ(in.claims, 0u);
}

TEST_F(shared_queue_time_test, who_leaves_while_kept_for_its_answer_gives_its_permit_back) {
    limit(1, 1min);
    bound(0s);
    process& in = join();
    in.way = 20ms;
    const caller one = arrive(in);
    run(10ms);
    ASSERT_TRUE(one->timed);
    ASSERT_FALSE(one->refused);
    leave(in, one);
    run(100ms);
    EXPECT_EQ(in.refunds, 1u);
    EXPECT_EQ(free_in_store(in), 1u);
    EXPECT_EQ(in.queue.size(), 0u);
}

}  // namespace
}  // namespace symphony
