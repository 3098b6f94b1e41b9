#include "shared_queue_rig.hpp"
#include "shared_queue_town.hpp"

#include <gtest/gtest.h>

#include <cstddef>

// A server tells one of several processes how much is left until when.

namespace symphony {
namespace {

using namespace std::chrono_literals;

class shared_queue_narrow_test : public call_testing::queue_town {};

TEST_F(shared_queue_narrow_test, no_more_is_used_than_is_left_and_then_it_is_a_pause_for_all) {
    limit(10, 1s);
    process& first = join();
    process& other = join();
    first.queue.narrow(now(), 4, now() + 30s);
    const instant end = now() + 30s;
    for (int i = 0; i < 8; ++i)
        arrive(first);
    run(1s);
    EXPECT_EQ(granted(first), 4u);
    EXPECT_EQ(first.pauses, 1u);
    const caller one = arrive(other);
    run(end - now() - 1us);
    EXPECT_EQ(granted(first), 4u);
    EXPECT_FALSE(one->granted);
    run(2s);
    EXPECT_EQ(granted(first), 8u);
    EXPECT_TRUE(one->granted);
    expect_no_window_above(10, 1s);
}

TEST_F(shared_queue_narrow_test, promises_of_before_count_too_and_go_back_when_it_is_used_up) {
    limit(5, 1min);
    process& in = join();
    for (int i = 0; i < 12; ++i)
        arrive(in);
    run(1s);
    ASSERT_EQ(granted(in), 5u);
    const instant end = now() + 90s;
    in.queue.narrow(now(), 3, end);
    run(end - now() - 1us);
    EXPECT_EQ(granted(in), 8u) << "three of those due at 60 s";
    run(5min);
    EXPECT_EQ(granted(in), 12u);
    expect_no_window_above(5, 1min);
}

TEST_F(shared_queue_narrow_test, a_cost_above_what_is_left_ends_it) {
    limit(10, 1s);
    process& in = join();
    in.queue.narrow(now(), 4, now() + 30s);
    const caller small = arrive(in, 3);
    run(1s);
    const caller large = arrive(in, 2);
    run(28s);
    EXPECT_TRUE(small->granted);
    EXPECT_FALSE(large->granted);
    run(2s);
    EXPECT_TRUE(large->granted);
}

TEST_F(shared_queue_narrow_test, the_latest_word_counts_but_not_against_a_pause) {
    limit(10, 1s);
    process& in = join();
    in.queue.narrow(now(), 1, now() + 30s);
    in.queue.narrow(now(), 6, now() + 10s);
    for (int i = 0; i < 6; ++i)
        arrive(in);
    run(1s);
    EXPECT_EQ(granted(in), 6u);
    const caller late = arrive(in);
    in.queue.narrow(now(), 9, now() + 1s);
    run(8s);
    EXPECT_FALSE(late->granted);
    run(2s);
    EXPECT_TRUE(late->granted);
}

TEST_F(shared_queue_narrow_test, what_is_left_at_its_end_means_nothing) {
    limit(10, 1s);
    process& in = join();
    in.queue.narrow(now(), 1, now() + 500ms);
    run(500ms);
    for (int i = 0; i < 10; ++i)
        arrive(in);
    run(100ms);
    EXPECT_EQ(granted(in), 10u);
    EXPECT_EQ(in.pauses, 0u);
}

TEST_F(shared_queue_narrow_test, a_permit_that_was_not_used_is_left_again) {
    limit(10, 1s);
    process& in = join();
    const rate_permit before{now(), 1, rate_permit::origin::store};
    run(1s);
    in.queue.narrow(now(), 2, now() + 30s);
    shared_actions then;
    (void)in.queue.put_back(now(), {now(), 7, rate_permit::origin::store}, 1, then);
    (void)in.queue.put_back(now(), before, 1, then);
    ASSERT_TRUE(in.queue.narrowed(now()));
    EXPECT_EQ(in.queue.narrowed(now())->left, 3u) << "the server had not counted the other";
}

class shared_queue_narrow_lease_test : public call_testing::shared_queue_rig {};

TEST_F(shared_queue_narrow_lease_test, permits_of_a_lease_count) {
    make(1000, 1s);
    for (int i = 0; i < 400; ++i) {  // enough calls for leases
        arrive();
        run(now + 1ms);
    }
    queue->narrow(now, 5, now + 30s);
    const std::size_t before = uses.size();
    for (int i = 0; i < 50; ++i) {
        arrive();
        run(now + 1ms);
    }
    EXPECT_EQ(uses.size() - before, 5u);
}

TEST_F(shared_queue_narrow_lease_test, the_last_permit_of_a_lease_begins_the_pause) {
    make(1000, 1s);
    for (int i = 0; i < 400; ++i) {
        arrive();
        run(now + 1ms);
    }
    std::optional<rate_permit> last;
    queue->narrow(now, 1, now + 30s);
    while (!(last = queue->take(now, 1))) {  // the next lease
        arrive();
        queue->narrow(now, 1, now + 30s);
        run(now + 1ms);
        ASSERT_LT(arrived, 1000u);
    }
    EXPECT_EQ(queue->next(now), now);
    queue->narrow(now, 9, now + 1s);
    shared_actions then;
    queue->tick(now, then);
    EXPECT_EQ(then.tell_pause, 30s) << "no late answer's word opens it again";
}

}  // namespace
}  // namespace symphony
