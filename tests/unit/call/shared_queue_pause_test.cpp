#include "shared_queue_town.hpp"

#include <gtest/gtest.h>

#include <random>

namespace symphony {
namespace {

using namespace std::chrono_literals;

class shared_queue_pause_test : public call_testing::queue_town {
protected:
    // Uses all there is at once, and promises the same again.
    void use_and_promise(process& in, std::size_t permits) {
        for (std::size_t i = 0; i < 2 * permits; ++i)
            arrive(in);
        run(1ms);
        ASSERT_EQ(granted(in), permits);
    }
    static void expect_all_granted_from(const process& in, instant from) {
        for (const caller& one : in.callers) {
            ASSERT_TRUE(one->granted);
            if (*one->granted < from) continue;
            EXPECT_LE(*one->granted, from + 2 * in.way + 1ms);
        }
    }
};

TEST_F(shared_queue_pause_test, all_promises_inside_it_are_back_in_the_store) {
    limit(5, 1min);
    process& in = join();
    use_and_promise(in, 5);
    const instant end = now() + 100s;
    pause(in, 100s);
    run(200s);
    EXPECT_EQ(in.refunds, 5u);
    expect_all_granted_from(in, end);
    EXPECT_EQ(granted(in), 10u) << "what had not gone back would count until 120 s";
    expect_no_window_above(5, 1min);
}

// One moment, but the first answer takes longer than the next: it looks later here.
TEST_F(shared_queue_pause_test, ways_of_unlike_length_do_not_turn_the_order_round) {
    limit(5, 1min);
    process& in = join();
    duration back = 400us;
    in.way_back = [&back] { return back -= 7us; };
    for (int i = 0; i < 10; ++i) {
        arrive(in);
        if (i >= 5) run(10us);
    }
    run(1ms);
    const instant end = now() + 100s;
    pause(in, 100s);
    run(200s);
    expect_all_granted_from(in, end);
    EXPECT_EQ(granted(in), 10u);
}

TEST_F(shared_queue_pause_test, who_leaves_frees_the_newest_of_one_moment) {
    limit(2, 1min);
    process& in = join();
    duration back = 400us;
    in.way_back = [&back] { return back -= 7us; };
    for (int i = 0; i < 4; ++i) {
        arrive(in);
        if (i >= 2) run(10us);
    }
    run(1ms);
    leave(in, in.callers[2]);
    run(1ms);
    EXPECT_EQ(in.refunds, 1u);
    EXPECT_LE(wait_in_store(in), 1min);
}

TEST_F(shared_queue_pause_test, what_goes_back_waits_for_the_claims_under_way) {
    limit(5, 1min);
    process& in = join();
    in.way = 20ms;
    for (int i = 0; i < 8; ++i)
        arrive(in);
    run(50ms);
    arrive(in);
    arrive(in);
    const instant end = now() + 100s;
    pause(in, 100s);
    EXPECT_EQ(in.refunds, 0u) << "the two that are asked for are newer";
    run(200s);
    EXPECT_EQ(in.refunds, 5u);
    expect_all_granted_from(in, end);
    EXPECT_EQ(granted(in), 10u);
}

TEST_F(shared_queue_pause_test, another_process_hears_of_it_with_its_next_answer) {
    limit(5, 1min);
    process& first = join();
    process& other = join();
    use_and_promise(other, 5);  // for 60 s
    const instant end = now() + 100s;
    pause(first, 100s);
    run(1s);
    EXPECT_EQ(other.refunds, 0u) << "nobody told it yet";
    arrive(other);
    run(1s);
    EXPECT_EQ(other.refunds, 5u);
    run(end - now() - 1us);
    EXPECT_EQ(granted(other), 5u) << "none inside the pause";
    run(2min);
    EXPECT_EQ(granted(other), 11u);
    EXPECT_EQ(other.pauses, 0u);
    expect_no_window_above(5, 1min);
}

TEST_F(shared_queue_pause_test, what_the_same_answer_grants_stays) {
    limit(5, 1min);
    process& first = join();
    process& other = join();
    pause(first, 100s);
    const instant end = now() + 100s;
    run(1s);
    const caller one = arrive(other);
    run(200s);
    ASSERT_TRUE(one->granted);
    EXPECT_GE(*one->granted, end);
    EXPECT_LE(*one->granted, end + 1ms);
    EXPECT_EQ(other.claims, 1u);
    EXPECT_EQ(other.refunds, 0u);
}

TEST_F(shared_queue_pause_test, what_was_decided_behind_it_stays_though_asked_for_before) {
    limit(5, 1min);
    process& first = join();
    process& other = join();
    pause(first, 100s);
    run(1s);
    duration back = 400us;
    other.way_back = [&back] { return back -= 20us; };
    for (const std::uint32_t cost : {0u, 1u, 1u, 1u}) {  // the look hears of it
        arrive(other, cost);
        run(10us);
    }
    run(1s);
    EXPECT_EQ(other.refunds, 0u);
    EXPECT_EQ(other.claims, 4u);
}

TEST_F(shared_queue_pause_test, a_short_one_does_not_let_promises_pass_at_its_end) {
    limit(1, 10ms);
    process& in = join();
    in.way = 20ms;
    for (int i = 0; i < 10; ++i)
        arrive(in);
    run(40ms);
    const std::size_t before = granted(in);
    arrive(in);  // under way until after the end
    pause(in, 15ms);
    run(39ms);
    EXPECT_EQ(granted(in), before) << "they go back first";
    run(2ms);
    EXPECT_GT(in.refunds, 0u);
    run(1s);
    EXPECT_EQ(granted(in), 11u);
}

// Every answer names the end of the pause a little differently.
TEST_F(shared_queue_pause_test, a_known_pause_is_not_lengthened_by_what_ways_take) {
    limit(5, 1min);
    process& first = join();
    process& other = join();
    std::minstd_rand random(7);
    other.way_back = [&] { return 1us * (100 + random() % 5000); };
    pause(first, 100s);
    const instant end = now() + 100s;
    run(1s);
    for (int i = 0; i < 300; ++i) {
        arrive(other);
        run(1us * (random() % 3000));
    }
    run(1s);
    EXPECT_EQ(other.refunds, 0u);
    EXPECT_EQ(other.claims, 300u);
    EXPECT_LE(other.queue.paused_until() - end, 6ms);
    EXPECT_GE(other.queue.paused_until(), end);
    EXPECT_EQ(first.pauses + other.pauses, 1u) << "and nobody tells anybody";
    EXPECT_LE(wait_in_store(first), 100s + 61s * 60);
}

TEST_F(shared_queue_pause_test, a_longer_one_is_heard_too) {
    limit(5, 1min);
    process& first = join();
    process& other = join();
    pause(first, 100s);
    run(1s);
    const caller one = arrive(other);
    run(1s);
    pause(first, 120s);
    const instant end = now() + 120s;
    run(1s);
    arrive(other);
    run(1s);
    EXPECT_EQ(other.refunds, 1u) << "it was promised the old end";
    run(end - now() - 1us);
    EXPECT_FALSE(one->granted);
    run(2ms);
    EXPECT_TRUE(one->granted);
}

TEST_F(shared_queue_pause_test, a_look_hears_of_it_too) {
    limit(5, 1min);
    process& first = join();
    process& other = join();
    pause(first, 100s);
    run(1s);
    const caller look = arrive(other, 0);
    run(1s);
    ASSERT_TRUE(look->refused);
    EXPECT_GT(other.queue.paused_until(), now() + 97s);
}

TEST_F(shared_queue_pause_test, a_store_that_lost_it_is_told_again) {
    limit(5, 1s);
    process& in = join();
    pause(in, 60s);
    const instant end = now() + 60s;
    run(1s);
    store.emplace(clock);
    while (now() < end) {
        arrive(in);
        run(200ms);
    }
    EXPECT_EQ(in.pauses, 2u);
    run(5min);
    EXPECT_EQ(granted(in), in.callers.size());
    expect_no_window_above(5, 1s);
}

TEST_F(shared_queue_pause_test, a_store_that_is_back_is_told_before_it_is_asked) {
    limit(5, 1s);
    process& in = join();
    pause(in, 60s);
    run(1s);
    resume(in);
    for (int i = 0; i < 40; ++i)
        arrive(in);
    EXPECT_EQ(in.claims, 0u);
    run(5min);
    EXPECT_EQ(granted(in), 40u);
    expect_no_window_above(5, 1s);
}

TEST_F(shared_queue_pause_test, who_cannot_wait_for_its_end_hears_how_long_that_is) {
    limit(5, 1s);
    process& in = join();
    pause(in, 60s);
    run(1s);
    const caller hasty = arrive(in, 1, 5, now() + 10s);
    run(1s);
    ASSERT_TRUE(hasty->refused);
    EXPECT_GE(hasty->why.retry_after, 57s);
}

// A damaged value may name any time.
TEST_F(shared_queue_pause_test, nobody_is_held_for_longer_than_a_hint_may_last) {
    limit(5, 1s);
    process& in = join();
    shared_actions then;
    in.queue.hear_pause(now(), now(), 1000h, then);
    EXPECT_EQ(in.queue.paused_until(), now() + 24h);
}

}  // namespace
}  // namespace symphony
