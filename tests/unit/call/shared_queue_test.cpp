#include "shared_queue_rig.hpp"

#include <gtest/gtest.h>

#include <random>

namespace symphony {
namespace {

using namespace std::chrono_literals;

using shared_queue_test = call_testing::shared_queue_rig;
using call_testing::waiter;

TEST_F(shared_queue_test, leases_spare_round_trips_below_the_limit) {
    make(10'000, 1s);
    for (int i = 0; i < 16'000; ++i) {
        arrive();
        run(now + 125us);
    }
    run(now + 100ms);
    EXPECT_EQ(uses.size(), arrived);
    EXPECT_LT(commands, arrived / 20) << "0.05 a call";
    expect_no_window_above(10'000, 1s);
}

TEST_F(shared_queue_test, without_time_in_the_queue_leases_spare_round_trips_too) {
    limit.max_queue_time = 0s;
    make(10'000, 1s);
    for (int i = 0; i < 16'000; ++i) {
        const std::size_t before = waiters.size();
        arrive();
        if (waiters.size() > before) end_time(*waiters.back());
        run(now + 125us);
    }
    run(now + 100ms);
    EXPECT_EQ(uses.size(), arrived) << "nobody had to wait but for answers";
    EXPECT_LT(commands, arrived / 20);
}

TEST_F(shared_queue_test, at_saturation_batches_spare_round_trips_and_nothing_is_lost) {
    make(10'000, 1s);
    const instant began = now;
    for (int i = 0; i < 40'000; ++i) {
        arrive(1, 5, now + 500ms);
        run(now + 83us);  // 12 000 a second
    }
    const duration took = now - began;
    expect_no_window_above(10'000, 1s);
    EXPECT_LT(commands, uses.size() / 20);
    const double possible = 10'000 * std::chrono::duration<double>(took).count();
    EXPECT_GT(static_cast<double>(uses.size()), 0.97 * possible);
    EXPECT_LE(biggest, 100u);
    run(now + 10s);
    EXPECT_EQ(queue->size() + refused + uses.size(), arrived);
}

TEST_F(shared_queue_test, leases_that_are_not_used_go_back) {
    make(1000, 1s);
    for (int i = 0; i < 200; ++i) {
        arrive();
        run(now + 1200us);
    }
    run(now + 1s);
    const std::uint64_t before = model->used(now);
    run(now + 2s);
    EXPECT_EQ(model->used(now), 0u);
    EXPECT_LE(before, uses.size()) << "no more is charged than was used";
}

TEST_F(shared_queue_test, several_claims_are_under_way_where_each_waiter_has_its_own) {
    make(100, 1s, std::nullopt);
    trip = 20ms;
    for (int i = 0; i < 60; ++i)
        arrive();
    EXPECT_EQ(on_their_way.size(), 32u);
    run(now + 40ms);
    EXPECT_EQ(uses.size(), 60u);
    EXPECT_EQ(commands, 60u);
}

TEST_F(shared_queue_test, under_a_leaky_bucket_everybody_asks_alone) {
    limit.strategy = rate_strategy::leaky_bucket;
    make(10'000, 1s);
    for (int i = 0; i < 200; ++i)
        arrive();
    run(now + 1s);
    EXPECT_EQ(commands, 200u);
    EXPECT_EQ(biggest, 1u);
}

TEST_F(shared_queue_test, a_full_queue_lets_nobody_wait_who_was_asked_for_at_once) {
    limit.max_queue_size = 3;
    make(1, 1min);
    for (int i = 0; i < 10; ++i)
        arrive();
    run(now + 1s);
    EXPECT_EQ(uses.size(), 1u);
    EXPECT_EQ(queue->size(), 3u);
    EXPECT_EQ(refused, 6u);
    run(now + 4min);
    EXPECT_EQ(uses.size(), 4u);
}

TEST_F(shared_queue_test, after_the_store_is_given_up_late_answers_go_back) {
    make(1, 1min);
    arrive();
    EXPECT_EQ(queue->abandon().size(), 1u);
    run(now + 1s);
    EXPECT_EQ(commands, 2u);
    EXPECT_EQ(model->used(now), 0u);
    EXPECT_EQ(queue->size(), 0u);
}

// Whatever the order of arrivals, departures and answers: everybody who stays is granted or
// refused, nobody twice, no window is exceeded, and in the end all that is charged was used.
TEST_F(shared_queue_test, random_steps_lose_nobody_and_leak_nothing) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::minstd_rand random(seed);
        const auto dice = [&](unsigned sides) { return static_cast<unsigned>(random()) % sides; };
        waiters.clear(), granted.clear(), uses.clear(), on_their_way.clear();
        goes_back.clear();
        arrived = refused = commands = 0;
        std::size_t left = 0;
        const std::uint64_t max = 3 + dice(dice(2) == 0 ? 10 : 2000);
        trip = duration(1us) * (1 + dice(30'000));
        make(max, 1s, dice(4) == 0 ? std::nullopt : std::optional<duration>(100ms));
        const unsigned pace = 1 + dice(3000);
        for (int step = 0; step < 600; ++step) {
            const unsigned what = dice(20);
            if (what < 15) {
                const instant latest = dice(5) == 0 ? now + 1ms * dice(3000) : instant::max();
                arrive(1 + (dice(3) == 0 ? dice(3) : 0), static_cast<std::uint8_t>(dice(10)),
                       latest);
            } else if (what < 18 && !waiters.empty()) {
                waiter& who = *waiters[dice(static_cast<unsigned>(waiters.size()))];
                shared_actions then;
                if (queue->remove(now, who, then)) ++left;
                play(then);
            } else if (what == 18 && dice(20) == 0) {
                shared_actions then;
                const instant until = now + 1ms * dice(500);
                if (queue->pause(now, until, then)) {
                    model->pause(until);
                    queue->pause_told(now, then);
                }
                play(then);
            }
            run(now + 1us * dice(2 * pace));
        }
        run(now + 3s);
        for (const auto& one : waiters) {  // those whose own timer would have fired
            if (one->latest > now) continue;
            shared_actions then;
            if (queue->remove(now, *one, then)) ++left;
            play(then);
        }
        run(now + 3000s);
        std::size_t by_lease = arrived - waiters.size();
        EXPECT_EQ(by_lease + granted.size() + refused + left, arrived) << "seed " << seed;
        EXPECT_EQ(queue->size(), 0u) << "seed " << seed;
        expect_no_window_above(max, 1s);
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
        EXPECT_FALSE(queue->next(now)) << "seed " << seed;
    }
}

}  // namespace
}  // namespace symphony
