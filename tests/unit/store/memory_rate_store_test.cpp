#include "symphony/store/memory_rate_store.hpp"

#include "support/awaited.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;
using test_support::awaited;
using verdict = rate_grant::verdict;

struct memory_store : ::testing::Test {
    symphony::testing::manual_clock clock;
    memory_rate_store store{clock};
    shared_limit limit{"shop", rate_strategy::sliding_window, {{3, 1s, 0}, {5, 60s, 0}}};

    rate_grant claim(const rate_claim& what) { return awaited(store.claim(limit, what)).value(); }
    rate_grant claim() { return claim({}); }
    bool give_back(const rate_grant& g) {
        return awaited(store.give_back(limit, {g.ticket, g.permits, g.below})).value();
    }
    rate_limiter::view look() { return awaited(store.look(limit)).value(); }
};

TEST_F(memory_store, a_refusal_by_one_level_spends_nothing_on_the_other) {
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(claim().what, verdict::admitted);
    for (int i = 0; i < 10; ++i) {
        const rate_grant refused = claim();
        EXPECT_EQ(refused.what, verdict::refused);
        EXPECT_EQ(refused.level, 0);
        EXPECT_EQ(refused.wait, 1s);
        EXPECT_EQ(refused.permits, 0U);
    }
    EXPECT_EQ(look().levels[1].remaining, 2U);
    clock.advance(1s);
    EXPECT_EQ(claim().what, verdict::admitted);
    EXPECT_EQ(claim().what, verdict::admitted);
    const rate_grant refused = claim();
    EXPECT_EQ(refused.level, 1);
    EXPECT_EQ(refused.wait, 59s);
}

TEST_F(memory_store, waiting_exactly_as_long_as_told_is_enough) {
    limit.levels = {{3, 1s, 0}};
    for (const auto s : {rate_strategy::sliding_window, rate_strategy::token_bucket,
                         rate_strategy::leaky_bucket}) {
        limit.strategy = s;
        limit.key = std::to_string(static_cast<int>(s));
        for (int i = 0; i < 50; ++i) {
            rate_grant g = claim();
            if (g.what == verdict::admitted) continue;
            clock.advance(g.wait - 1us);
            EXPECT_EQ(claim().what, verdict::refused);
            clock.advance(1us);
            EXPECT_EQ(claim().what, verdict::admitted);
        }
    }
}

TEST_F(memory_store, a_reservation_is_for_the_first_moment_and_in_order) {
    limit.levels = {{1, 1s, 0}};
    rate_claim patient;
    patient.max_wait = 5s;
    EXPECT_EQ(claim(patient).what, verdict::admitted);
    for (int i = 1; i <= 5; ++i) {
        const rate_grant g = claim(patient);
        EXPECT_EQ(g.what, verdict::reserved);
        EXPECT_EQ(g.wait, i * 1s);
    }
    const rate_grant late = claim(patient);
    EXPECT_EQ(late.what, verdict::refused);
    EXPECT_EQ(late.wait, 6s);
    clock.advance(1s);
    EXPECT_EQ(claim().what, verdict::refused) << "that moment is somebody else's";
}

TEST_F(memory_store, reservations_go_back_from_the_latest_on) {
    limit.levels = {{1, 1s, 0}};
    rate_claim patient;
    patient.max_wait = 60s;
    std::vector<rate_grant> grants;
    for (int i = 0; i < 20; ++i)
        grants.push_back(claim(patient));
    EXPECT_FALSE(give_back(grants[10]));
    EXPECT_EQ(claim().wait, 20s) << "others were fitted to it";
    for (std::size_t i = 20; i-- > 12;)
        EXPECT_TRUE(give_back(grants[i]));
    EXPECT_EQ(claim().wait, 12s);
    EXPECT_FALSE(give_back(grants[15]));
    EXPECT_EQ(claim().wait, 12s) << "nothing goes back twice";
    const rate_grant again = claim(patient);
    EXPECT_EQ(again.wait, 12s);
    EXPECT_TRUE(give_back(again));
    EXPECT_TRUE(give_back(grants[11]));
    EXPECT_EQ(claim().wait, 11s) << "also past what went back meanwhile";
}

TEST_F(memory_store, a_lease_takes_what_is_free_and_is_charged_at_its_end) {
    rate_claim lease;
    lease.want = 10;
    lease.hold = 100ms;
    const rate_grant g = claim(lease);
    EXPECT_EQ(g.what, verdict::admitted);
    EXPECT_EQ(g.permits, 3U);
    EXPECT_EQ(claim().wait, 1100ms);
    ASSERT_TRUE(awaited(store.give_back(limit, {g.ticket, 2})).has_value());
    EXPECT_EQ(look().levels[0].remaining, 2U);
    EXPECT_FALSE(awaited(store.give_back(limit, {g.ticket, 1})).value()) << "has another name now";
    EXPECT_TRUE(awaited(store.give_back(limit, {g.ticket - 2, 1})).value());
    EXPECT_EQ(look().levels[0].remaining, 3U);
}

// Each grant knows what it stands on, so any number of gaps in the numbers is stepped over.
TEST_F(memory_store, the_newest_goes_back_whatever_went_back_before) {
    limit.levels = {{5, 1h, 0}};
    std::minstd_rand random(1);
    rate_claim patient;
    patient.max_wait = 10'000h;
    std::vector<rate_grant> stand;
    for (int i = 0; i < 3000; ++i) {
        if (stand.empty() || random() % 100 < (i < 1500 ? 55U : 45U)) {
            patient.cost = 1 + random() % 3;
            stand.push_back(claim(patient));
        } else {
            ASSERT_TRUE(give_back(stand.back())) << i;
            stand.pop_back();
        }
    }
    for (const rate_grant& one : std::views::reverse(stand))
        ASSERT_TRUE(give_back(one));
    EXPECT_EQ(look().levels[0].remaining, 5U);
}

TEST_F(memory_store, after_a_translation_nothing_of_before_goes_back) {
    limit.levels = {{5, 10s, 0}};
    rate_claim patient;
    patient.max_wait = 1000h;
    std::vector<rate_grant> before;
    for (int i = 0; i < 10; ++i)
        before.push_back(claim(patient));
    for (const auto to : {rate_strategy::token_bucket, rate_strategy::sliding_window}) {
        limit.strategy = to;
        const rate_grant fresh = claim(patient);
        EXPECT_TRUE(give_back(fresh));
        for (const rate_grant& one : std::views::reverse(before))
            EXPECT_FALSE(give_back(one));
        before.push_back(fresh);
    }
}

// 10 000 are remembered; of more, none that is used is forgotten either.
TEST_F(memory_store, however_many_reservations_go_back_what_is_used_stays_used) {
    for (const int many : {500, 10'000, 10'400}) {
        limit = {std::to_string(many), rate_strategy::sliding_window, {{3, 1s, 0}}};
        rate_claim patient;
        patient.max_wait = 10h;
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(claim().what, verdict::admitted);
        std::vector<rate_grant> grants;
        for (int i = 0; i < many; ++i)
            grants.push_back(claim(patient));
        for (const rate_grant& one : std::views::reverse(grants))
            ASSERT_TRUE(give_back(one));
        EXPECT_EQ(look().levels[0].remaining, 0U);
        EXPECT_EQ(claim().what, verdict::refused);
        if (many <= 10'000) {
            EXPECT_EQ(claim().wait, 1s);
        }
    }
}

TEST_F(memory_store, a_pause_stops_all_and_is_never_shortened) {
    ASSERT_TRUE(awaited(store.pause(limit, 2s)).has_value());
    ASSERT_TRUE(awaited(store.pause(limit, 1s)).has_value());
    EXPECT_EQ(claim().wait, 2s);
    EXPECT_EQ(look().levels[0].remaining, 0U);
    EXPECT_EQ(look().levels[0].reset, 2s);
    clock.advance(2s);
    EXPECT_EQ(claim().what, verdict::admitted);
    EXPECT_EQ(claim().paused, 0s);
}

TEST_F(memory_store, every_answer_says_how_long_a_pause_lasts_still) {
    rate_claim none;
    none.cost = 0;
    rate_claim patient;
    patient.max_wait = 5s;
    rate_claim big;
    big.cost = 9;
    ASSERT_TRUE(awaited(store.pause(limit, 2s)).has_value());
    clock.advance(500ms);
    for (const rate_claim& what : {none, rate_claim{}, patient, big})
        EXPECT_EQ(claim(what).paused, 1500ms);
    EXPECT_EQ(claim(patient).wait, 1500ms) << "what is granted is fitted behind it";
}

TEST_F(memory_store, impossible_costs_and_looks) {
    rate_claim big;
    big.cost = 4;
    EXPECT_EQ(claim(big).what, verdict::never);
    rate_claim none;
    none.cost = 0;
    EXPECT_EQ(claim(none).what, verdict::admitted);
    EXPECT_EQ(look().levels[0].remaining, 3U);
    limit.levels.clear();
    EXPECT_FALSE(awaited(store.claim(limit, none)).has_value());
}

TEST_F(memory_store, changed_limits_keep_what_is_used) {
    for (int i = 0; i < 3; ++i)
        claim();
    limit.levels[0].max = 4;
    EXPECT_EQ(claim().what, verdict::admitted);
    EXPECT_EQ(claim().what, verdict::refused);
    limit.strategy = rate_strategy::token_bucket;
    EXPECT_EQ(look().levels[0].remaining, 0U);
    EXPECT_EQ(look().levels[1].remaining, 1U);
    clock.advance(250ms);
    EXPECT_EQ(claim().what, verdict::admitted);
}

TEST_F(memory_store, a_full_budget_is_forgotten) {
    for (int i = 0; i < 1000; ++i) {
        limit.key = std::to_string(i);
        claim();
        clock.advance(1s);
    }
    EXPECT_LE(store.size(), 128U);
}

TEST_F(memory_store, exactly_the_permitted_number_of_racing_callers_is_admitted) {
    limit.levels = {{100, 1s, 0}};
    std::atomic<int> through{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i)
                through += claim().what == verdict::admitted ? 1 : 0;
        });
    }
    threads.clear();
    EXPECT_EQ(through, 100);
}

}  // namespace
}  // namespace symphony
