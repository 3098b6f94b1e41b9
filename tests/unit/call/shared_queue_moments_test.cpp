#include "shared_queue_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace symphony {
namespace {

using namespace std::chrono_literals;

class shared_queue_moments_test : public call_testing::shared_queue_rig {
protected:
    // Permits leased ahead are used before they are charged. What a waiter was promised is used
    // when the answer is there, whatever the way took, and counts as used when it was charged: so
    // shifted, no window may hold more than the limit.
    void expect_uses_before_their_charges(std::uint64_t max, duration window) {
        std::map<std::uint64_t, std::uint32_t> late;
        std::vector<instant> shifted;
        for (std::size_t i = 0; i < uses.size(); ++i) {
            const terms& of = made_of.lower_bound(used_of[i])->second;
            shifted.push_back(std::min(uses[i], of.charged));
            if (uses[i] > of.charged) {
                ASSERT_LE(++late[used_of[i]], of.cost) << "a leased permit after its charge";
            }
        }
        std::ranges::sort(shifted);
        for (std::size_t i = max; i < shifted.size(); ++i)
            ASSERT_GE(shifted[i] - shifted[i - max], window) << i;
    }
};

TEST_F(shared_queue_moments_test, no_lease_outlives_its_charge_whatever_the_way_takes) {
    std::size_t leased = 0;
    limit.max_queue_size = 10'000;
    for (unsigned seed = 0; seed < 60; ++seed) {
        std::minstd_rand random(seed);
        uses.clear(), used_of.clear(), made_of.clear(), waiters.clear(), granted.clear();
        to_store.clear(), on_their_way.clear();
        const unsigned slowest = seed % 3 == 0 ? 50'000 : seed % 3 == 1 ? 12'000 : 3'000;
        way = [&] { return 1us * (150 + random() % (slowest / 2)); };  // 0.3 … 50 ms both
        make(1000, 1s);
        const unsigned pace = 400 + static_cast<unsigned>(random()) % 1500;
        for (int i = 0; i < 3000; ++i) {
            arrive(1, static_cast<std::uint8_t>(random() % 10));
            run(now + 1us * (random() % (2 * pace)));
        }
        run(now + 20s);
        EXPECT_EQ(uses.size(), 3000u) << "seed " << seed;
        expect_uses_before_their_charges(1000, 1s);
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
        for (const auto& [ticket, of] : made_of)
            leased += of.hold > duration::zero() ? 1 : 0;
    }
    EXPECT_GT(leased, 1000u) << "or nothing was tested";
}

// The store decides at once and the answer takes as long as the lease.
TEST_F(shared_queue_moments_test, a_lease_that_is_over_on_arrival_serves_only_who_waited_for_it) {
    make(1000, 1s);
    for (int i = 0; i < 200; ++i) {
        arrive();
        run(now + 1200us);
    }
    run(now + 50ms);
    trip = 11ms;  // the lease is 10 ms
    for (int i = 0; i < 20; ++i)
        arrive();
    uses.clear(), used_of.clear();
    run(now + 11ms);
    EXPECT_EQ(uses.size(), 1u) << "of the first claim, which was a lease";
    ASSERT_GT(made_of.at(used_of.at(0)).hold, duration::zero());
    run(now + 1s);
    EXPECT_EQ(queue->size(), 0u);
    run(now + 2s);
    EXPECT_EQ(model->used(now), 0u) << "what was not used went back or lapsed";
}

TEST_F(shared_queue_moments_test, a_full_queue_names_the_moment_after_the_promised_ones) {
    limit.max_queue_size = 3;
    trip = 1ms;
    make(1, 1s);
    for (int i = 0; i < 4; ++i) {
        arrive();
        run(now + 1ms);
    }
    ASSERT_EQ(queue->size(), 3u);  // 1, 2 and 3 s
    const instant asked = now;
    arrive();
    ASSERT_EQ(last_refusal.what, rate_decision::verdict::full);
    EXPECT_NEAR(static_cast<double>(last_refusal.retry_after.count()), 4e9, 10e6);
    run(asked + last_refusal.retry_after);
    arrive();
    run(now + trip);
    EXPECT_EQ(queue->size(), 0u);
    EXPECT_EQ(uses.size(), 5u) << "admitted, without another wait";
}

TEST_F(shared_queue_moments_test, the_outlook_counts_what_is_used_with_nothing_promised) {
    trip = 1ms;
    make(1, 1min);
    arrive();
    run(now + 1ms);
    ASSERT_EQ(uses.size(), 1u);
    EXPECT_EQ(queue->outlook(now), 1min);
    EXPECT_EQ(queue->outlook(now + 59s), 1s);
}

// The model is asked at the moment that was named, as if nobody had come since.
TEST_F(shared_queue_moments_test, whoever_waits_as_a_full_queue_says_is_admitted) {
    std::size_t told = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::minstd_rand random(seed);
        uses.clear(), used_of.clear(), made_of.clear(), waiters.clear(), granted.clear();
        on_their_way.clear();
        const auto max = 1 + random() % 40;
        limit.max_queue_size = 1 + random() % 60;
        trip = 1us * (1 + random() % 2000);
        make(max, 1s);
        for (int i = 0; i < 300; ++i) {
            const std::size_t before = refused;
            const auto cost = static_cast<std::uint32_t>(1 + random() % std::min(max, 3ul));
            arrive(cost);
            const bool full = last_refusal.what == rate_decision::verdict::full;
            if (refused > before && full && on_their_way.empty()) {
                ++told;
                call_testing::window_model then = *model;
                rate_claim what;
                what.cost = cost;
                ASSERT_EQ(then.claim(now + last_refusal.retry_after, what).what,
                          rate_grant::verdict::admitted)
                    << "seed " << seed << " step " << i;
            }
            run(now + 1us * (random() % (1'400'000 / max)));
        }
    }
    EXPECT_GT(told, 1000u);
}

}  // namespace
}  // namespace symphony
