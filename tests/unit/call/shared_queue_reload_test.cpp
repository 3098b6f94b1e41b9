#include "shared_queue_town.hpp"

#include <gtest/gtest.h>

#include <random>

namespace symphony {
namespace {

using namespace std::chrono_literals;

class shared_queue_reload_test : public call_testing::queue_town {};

TEST_F(shared_queue_reload_test, waiters_do_not_wait_out_the_promises_of_a_lower_limit) {
    for (const auto strategy : {rate_strategy::sliding_window, rate_strategy::token_bucket,
                                rate_strategy::leaky_bucket}) {
        processes.clear();
        store.emplace(clock);
        limit(1, 1s, strategy);
        process& in = join();
        for (int i = 0; i < 31; ++i)
            arrive(in);
        run(2500ms);
        ASSERT_EQ(granted(in), 3u);
        change(in, 100, 1s);
        run(1ms);
        EXPECT_EQ(in.refunds, 28u);
        run(400ms);
        EXPECT_EQ(granted(in), 31u) << to_string(strategy);
        expect_no_window_above(100, 1s);
        for (std::size_t i = 1; i < in.callers.size(); ++i)
            EXPECT_LE(*in.callers[i - 1]->granted, *in.callers[i]->granted);
        run(10s);
        EXPECT_EQ(wait_in_store(in), 0s);
    }
}

TEST_F(shared_queue_reload_test, a_lower_limit_holds_for_those_who_wait_and_what_is_used_counts) {
    limit(10, 1s);
    process& in = join();
    const instant began = now();
    for (int i = 0; i < 14; ++i)
        arrive(in);
    run(500ms);
    ASSERT_EQ(granted(in), 10u);
    change(in, 1, 1s);
    run(10s);
    ASSERT_EQ(granted(in), 14u);
    for (std::size_t i = 10; i < 14; ++i) {
        const duration since = *in.callers[i]->granted - began;
        EXPECT_NEAR(static_cast<double>(since.count()), 1e9 * static_cast<double>(i - 9), 2e6);
    }
}

TEST_F(shared_queue_reload_test, claims_under_way_are_waited_for) {
    limit(1, 1s);
    process& in = join();
    in.way = 20ms;
    for (int i = 0; i < 10; ++i)
        arrive(in);
    run(100ms);
    arrive(in);
    arrive(in);  // the newest, and asked for by the old limit
    change(in, 100, 1s);
    EXPECT_EQ(in.refunds, 0u);
    EXPECT_TRUE(in.queue.is_changing());
    arrive(in);  // waits for the turn, as nobody may pass it
    run(41ms);
    EXPECT_FALSE(in.queue.is_changing());
    EXPECT_EQ(in.refunds, 11u);
    run(100ms);
    EXPECT_EQ(granted(in), 13u);
    expect_no_window_above(100, 1s);
}

TEST_F(shared_queue_reload_test, whoever_the_new_limit_never_admits_is_told_so) {
    limit(10, 1s);
    process& in = join();
    arrive(in, 10);
    run(1ms);
    const caller big = arrive(in, 5);
    const caller small = arrive(in, 2);
    run(1ms);
    change(in, 3, 1s);
    ASSERT_TRUE(big->refused);
    EXPECT_EQ(big->why.what, rate_decision::verdict::never);
    run(5s);
    EXPECT_TRUE(small->granted);
    EXPECT_EQ(free_in_store(in), 3u) << "what was promised went back";
}

TEST_F(shared_queue_reload_test, the_same_limits_with_another_queue_change_no_promise) {
    limit(1, 1s);
    process& in = join();
    for (int i = 0; i < 5; ++i)
        arrive(in);
    run(1ms);
    options.max_queue_size = 7;
    change(in, 1, 1s);
    run(10s);
    EXPECT_EQ(in.refunds, 0u);
    EXPECT_EQ(in.claims, 5u);
    EXPECT_EQ(granted(in), 5u);
}

TEST_F(shared_queue_reload_test, one_after_the_other_two_processes_stay_below_the_larger_limit) {
    limit(1, 1s);
    process& first = join();
    process& other = join();
    for (int i = 0; i < 10; ++i) {
        arrive(first);
        run(1ms);
        arrive(other);
        run(1ms);
    }
    change(first, 10, 1s);
    for (int i = 0; i < 30; ++i) {
        arrive(i % 2 == 0 ? first : other);
        run(100ms);
    }
    change(other, 10, 1s);
    run(100s);
    EXPECT_EQ(granted(first) + granted(other), 50u);
    expect_no_window_above(10, 1s);
}

TEST_F(shared_queue_reload_test, a_reload_within_a_pause) {
    limit(1, 1s);
    process& in = join();
    for (int i = 0; i < 20; ++i)
        arrive(in);
    run(1ms);
    const instant end = now() + 5s;
    pause(in, 5s);
    change(in, 100, 1s);
    run(end - now() - 1us);
    EXPECT_EQ(granted(in), 1u);
    run(2ms);
    EXPECT_EQ(granted(in), 20u);
    EXPECT_FALSE(in.queue.is_changing());
}

// Whatever happens in whatever order: everybody is told once, no window holds more than the larger
// limit, and in the end nothing is used.
TEST_F(shared_queue_reload_test, random_steps_of_three_processes) {
    for (unsigned seed = 0; seed < 150; ++seed) {
        std::minstd_rand random(seed);
        const auto dice = [&](unsigned sides) { return static_cast<unsigned>(random()) % sides; };
        processes.clear();
        store.emplace(clock);
        const std::uint64_t low = 2 + dice(10);
        const std::uint64_t high = low + dice(200);
        options.max_queue_time =
            dice(2) == 0 ? std::nullopt : std::optional<duration>(1ms * dice(3000));
        limit(low, 1s);
        for (int i = 0; i < 3; ++i) {
            process& in = join();
            in.way = 1us * (50 + dice(15'000));
            in.way_back = [&, &in = in] { return in.way + 1us * dice(300); };
        }
        for (int step = 0; step < 300; ++step) {
            process& in = *processes[dice(3)];
            const unsigned what = dice(40);
            if (what < 30) {
                arrive(in, 1 + (dice(4) == 0 ? dice(2) : 0), static_cast<std::uint8_t>(dice(10)));
            } else if (what < 36 && !in.callers.empty()) {
                const caller who = in.callers[dice(static_cast<unsigned>(in.callers.size()))];
                if (!who->granted && !who->refused) leave(in, who);
            } else if (what < 38) {
                pause(in, 1ms * dice(700));
            } else if (what == 38) {
                change(in, dice(2) == 0 ? low : high, 1s);
            }
            run(1us * dice(30'000));
        }
        run(2000s);
        for (const auto& in : processes) {
            for (const caller& one : in->callers) {
                EXPECT_TRUE(one->granted || one->refused) << "seed " << seed;
                const instant end = later(one->queue_until, 2 * in->way + 1ms);
                EXPECT_LE(one->granted.value_or(instant::min()), end) << "seed " << seed;
                EXPECT_LE(one->refused.value_or(instant::min()), later(end, 2 * in->way)) << seed;
            }
            EXPECT_EQ(in->queue.size(), 0u) << "seed " << seed;
            EXPECT_FALSE(in->queue.next(now())) << "seed " << seed;
        }
        EXPECT_EQ(wait_in_store(*processes[0]), 0s) << "seed " << seed;
        expect_no_window_above(high, 1s - 31ms);  // used up to a trip later than charged
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace symphony
