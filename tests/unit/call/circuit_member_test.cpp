#include "circuit_town.hpp"

#include <gtest/gtest.h>

// What processes that share a circuit come to, by the manual clock.

namespace symphony {
namespace {

using namespace call_testing;

constexpr auto closed = circuit_state::closed;
constexpr auto half_open = circuit_state::half_open;
constexpr auto open = circuit_state::open;

TEST(circuit_member, a_majority_opens_it_for_all) {
    circuit_town town(5);
    town.run(2s);
    for (std::size_t i = 0; i < 3; ++i)
        town[i].well = false;
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 5; }, 2s));
    EXPECT_FALSE(town[4].breaker.inspect(town.now).own_finding);
    EXPECT_TRUE(town[0].breaker.inspect(town.now).own_finding);
}

TEST(circuit_member, a_minority_opens_only_itself) {
    circuit_town town(5);
    town.run(2s);
    town[0].well = town[1].well = false;
    town.run(10min);
    for (std::size_t i = 2; i < 5; ++i)
        EXPECT_EQ(town[i].refusals, 0) << i;
    EXPECT_NE(town.state(0), closed);
    EXPECT_NE(town.state(1), closed);
}

TEST(circuit_member, one_sick_process_opens_it_for_nobody_else_even_where_others_cannot_tell) {
    circuit_town town(4);
    for (std::size_t i = 1; i < 4; ++i)
        town[i].call_every = 20s;  // far too few for a judgement
    town[0].well = false;
    town.run(10min);
    for (std::size_t i = 1; i < 4; ++i)
        EXPECT_EQ(town[i].refusals, 0) << i;
}

TEST(circuit_member, a_process_alone_is_as_without_others) {
    circuit_town town(1);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.state(0) == open; }));
    const instant opened = town.now;
    town.take_admitted();
    ASSERT_TRUE(town.run_until([&] { return town[0].admitted > 0; }));
    EXPECT_LE(town.now - opened, 2s + 50ms);
    town.set_well(true);
    EXPECT_TRUE(town.run_until([&] { return town.state(0) == closed; }, 5s));
}

TEST(circuit_member, one_process_at_a_time_tries_a_dead_api) {
    circuit_town town(10);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 10; }, 2s));
    town.run(3s);
    town.take_admitted();
    town.most_trying = 0;
    town.run(80s);
    EXPECT_LE(town.most_trying, 1U);
    // Eight seconds between two trials, however many they are.
    EXPECT_LE(town.take_admitted(), 11);
}

TEST(circuit_member, waits_double_whoever_tries) {
    circuit_town town(5);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 5; }, 2s));
    std::vector<duration> gaps;
    instant last = town.now;
    town.take_admitted();
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(town.run_until([&] { return town.take_admitted() > 0; }, 1min));
        gaps.push_back(town.now - last);
        last = town.now;
    }
    const duration most = 400ms;  // until the next word, and the next call after it
    EXPECT_NEAR(static_cast<double>(gaps[1].count()), 4e9, static_cast<double>(most.count()));
    for (std::size_t i = 2; i < gaps.size(); ++i)
        EXPECT_NEAR(static_cast<double>(gaps[i].count()), 8e9, static_cast<double>(most.count()));
}

TEST(circuit_member, when_one_has_proven_it_all_are_closed) {
    circuit_town town(6);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 6; }, 2s));
    town.set_well(true);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(closed) > 0; }, 3s));
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 6; }, 300ms));
    town.run(1min);
    EXPECT_EQ(town.in_state(closed), 6U);
    EXPECT_LE(town.most_trying, 1U);
}

TEST(circuit_member, a_gradual_recovery_is_gradual_for_all) {
    circuit_breaker_options options = circuit_town::usual();
    options.recovery = recovery_kind::gradual;
    options.success_threshold = 3;
    circuit_town town(4, options);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 4; }, 2s));
    town.set_well(true);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(closed) == 1; }, 1min));
    EXPECT_LE(town.most_trying, 1U);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(half_open) == 3; }, 300ms));
    for (std::size_t i = 0; i < 4; ++i) {
        if (town.state(i) == closed) continue;
        EXPECT_EQ(town[i].breaker.inspect(town.now).admitted_share, 0.1) << "without a probe";
    }
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 4; }, 1min));
}

TEST(circuit_member, a_sick_process_does_not_keep_the_others_from_finding_it_well) {
    circuit_town town(5);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 5; }, 2s));
    town.set_well(true);
    town[0].well = false;
    town[0].call_every = 5ms;  // always the first to ask
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) >= 4; }, 10s));
}

TEST(circuit_member, processes_with_few_calls_find_it_well_too) {
    circuit_town town(8);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 8; }, 2s));
    town.set_well(true);
    for (std::size_t i = 0; i < 8; ++i) {
        town[i].call_every = 7s;
        town[i].next_call = town.now + 900ms * static_cast<int>(i);
    }
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 8; }, 40s));
    EXPECT_LE(town.most_trying, 1U);
}

TEST(circuit_member, a_process_without_calls_hears_it_all) {
    circuit_town town(3);
    town[2].call_every = 0s;
    town.run(2s);
    town[0].well = town[1].well = false;
    ASSERT_TRUE(town.run_until([&] { return town.state(2) == open; }, 3s));
    town.set_well(true);
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 3; }, 5s));
}

TEST(circuit_member, a_turn_ends_with_its_process) {
    circuit_town town(3);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 3; }, 2s));
    // Whoever gets the turn first is heard no more.
    town[1].call_every = town[2].call_every = 0s;
    town.run(2200ms);
    town[0].call_every = 0s;
    town[0].reaches_store = false;
    town.set_well(true);
    town[1].call_every = town[2].call_every = 100ms;
    EXPECT_TRUE(
        town.run_until([&] { return town.state(1) == closed && town.state(2) == closed; }, 8s));
}

TEST(circuit_member, without_the_store_each_goes_on_by_itself) {
    circuit_town town(4);
    town.run(2s);
    town[0].well = town[1].well = town[2].well = false;
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 4; }, 2s));
    for (const auto& one : town.all)
        one->reaches_store = false;
    EXPECT_TRUE(town.run_until([&] { return town.state(3) == closed; }, 4s)) << "it was never sick";
    town.run(1min);
    EXPECT_EQ(town.state(3), closed);
    EXPECT_NE(town.state(0), closed);
    town.set_well(true);
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 4; }, 10s));
}

TEST(circuit_member, when_the_store_is_back_findings_are_said_anew) {
    circuit_town town(3);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 3; }, 2s));
    town.store = detail::memory_circuit();
    const std::uint64_t before = town[0].member.heard().epoch;
    ASSERT_TRUE(town.run_until(
        [&] {
            return std::ranges::all_of(town.all, [&](const auto& one) {
                return one->member.heard().epoch > before && one->member.heard().open;
            });
        },
        5s));
    town.set_well(true);
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 3; }, 5s));
}

TEST(circuit_member, a_proof_is_kept_until_the_others_can_hear_it) {
    circuit_town town(3);
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 3; }, 2s));
    town.set_well(true);
    town[1].call_every = town[2].call_every = 0s;
    // It has the turn, the call comes, and the store is gone for a moment.
    ASSERT_TRUE(town.run_until(
        [&] { return town[0].member.heard().turn == circuit_turn_kind::probe; }, 5s));
    town[0].reaches_store = false;
    ASSERT_TRUE(town.run_until([&] { return town.state(0) == closed; }, 2s));
    town.run(500ms);
    EXPECT_EQ(town.state(1), open);
    town[0].reaches_store = true;
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 3; }, 2s));
}

TEST(circuit_member, taken_over_by_hand_it_neither_judges_nor_follows) {
    circuit_town town(4);
    town.run(2s);
    town[3].breaker.control(circuit_control::closed, town.now);
    town[0].breaker.control(circuit_control::open, town.now);
    town[1].well = false;
    town.run(5s);
    EXPECT_EQ(town.state(2), closed) << "opened by hand is no finding";
    town[2].well = false;
    ASSERT_TRUE(town.run_until([&] { return town.state(2) == open; }, 2s));
    town.run(5s);
    EXPECT_EQ(town.state(3), closed);
    EXPECT_EQ(town[3].refusals, 0);
    town[3].breaker.control(circuit_control::automatic, town.now);
    EXPECT_TRUE(town.run_until([&] { return town.state(3) == open; }, 2s));
}

TEST(circuit_member, one_process_asks_the_health_page) {
    circuit_town town(6, circuit_town::usual(), circuit_member::page_timing{200ms, 100ms});
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 6; }, 2s));
    town.run(500ms);
    for (const auto& one : town.all)
        one->pages = 0;
    town.run(5s);
    int pages = 0;
    for (const auto& one : town.all)
        pages += one->pages;
    EXPECT_GE(pages, 20);
    EXPECT_LE(pages, 26) << "one page every 200 ms";
}

TEST(circuit_member, a_healthy_page_lets_calls_try_at_once) {
    circuit_breaker_options options = circuit_town::usual();
    options.reset_timeout = 30s;
    options.max_reset_timeout = 300s;
    circuit_town town(6, options, circuit_member::page_timing{200ms, 100ms});
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 6; }, 2s));
    town.run(1s);
    town.set_well(true);
    for (const auto& one : town.all)
        one->page_is_well = true;
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 6; }, 1s));
    EXPECT_LE(town.most_trying, 1U);
}

TEST(circuit_member, while_the_page_is_sick_nobody_tries_until_the_longest_reset_time) {
    circuit_town town(3, circuit_town::usual(), circuit_member::page_timing{1s, 500ms});
    town.run(2s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 3; }, 2s));
    const instant opened = town.now;
    town.take_admitted();
    ASSERT_TRUE(town.run_until([&] { return town.take_admitted() > 0; }, 1min));
    EXPECT_GE(town.now - opened, 8s - 300ms);
    EXPECT_LE(town.now - opened, 8s + 600ms);
}

// Random histories: whatever happens, a well API is found well.
TEST(circuit_member, heals_after_any_history) {
    for (std::uint64_t seed = 1; seed <= 30 && !::testing::Test::HasFailure(); ++seed) {
        std::uint64_t dice = seed * 0x9e3779b97f4a7c15;
        const auto roll = [&dice](std::uint64_t n) {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            return dice % n;
        };
        circuit_town town(2 + roll(6));
        for (int i = 0; i < 40; ++i) {
            circuit_town::process& one = town[roll(town.all.size())];
            switch (roll(6)) {
                case 0:
                    one.well = !one.well;
                    break;
                case 1:
                    town.set_well(roll(2) == 0);
                    break;
                case 2:
                    one.reaches_store = !one.reaches_store;
                    break;
                case 3:
                    one.call_every = 20ms * static_cast<int>(roll(60));
                    break;
                case 4:
                    if (roll(4) == 0) town.store = detail::memory_circuit();
                    break;
                default:
                    break;
            }
            town.run(100ms * static_cast<int>(roll(40)));
        }
        town.set_well(true);
        for (const auto& one : town.all) {
            one->reaches_store = true;
            one->call_every = 50ms;
        }
        EXPECT_TRUE(town.run_until(
            [&] { return town.in_state(circuit_state::closed) == town.all.size(); }, 30s))
            << "seed " << seed;
    }
}

}  // namespace
}  // namespace symphony
