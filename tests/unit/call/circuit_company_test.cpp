#include "circuit_town.hpp"

#include <gtest/gtest.h>

// Sick minorities, quiet callers and other odd company of those who share a circuit.

namespace symphony {
namespace {

using namespace call_testing;

constexpr auto closed = circuit_state::closed;
constexpr auto open = circuit_state::open;

TEST(circuit_company, a_minority_of_a_few_opens_only_itself_after_an_outage_too) {
    for (const bool gradual : {false, true}) {
        circuit_breaker_options options = circuit_town::usual();
        if (gradual) options.recovery = recovery_kind::gradual;
        circuit_town town(12, options);
        town.run(2s);
        town.set_well(false);
        ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 12; }, 4s));
        town.set_well(true);
        town[0].well = town[1].well = false;
        ASSERT_TRUE(town.run_until([&] { return town.in_state(closed) >= 10; }, 2min)) << gradual;
        for (const auto& one : town.all)
            one->refusals = 0;
        town.run(5min);
        for (std::size_t i = 2; i < 12; ++i)
            EXPECT_EQ(town[i].refusals, 0) << i << gradual;
    }
}

TEST(circuit_company, a_minority_opens_only_itself_from_the_start_and_at_night) {
    for (const auto every : {50ms, 200ms, 1200ms}) {
        circuit_town town(12);
        for (const auto& one : town.all)
            one->call_every = every;
        town[0].well = town[1].well = false;
        town.run(5min);
        for (std::size_t i = 2; i < 12; ++i)
            EXPECT_EQ(town[i].refusals, 0) << i << " " << every.count();
    }
}

TEST(circuit_company, calls_far_apart_find_it_well_in_the_end) {
    struct quiet {
        std::size_t processes;
        duration every;
        std::uint32_t successes;
        bool gradual;
    };
    for (const quiet& one :
         {quiet{2, 3s, 1, false}, quiet{4, 5s, 1, false}, quiet{2, 1500ms, 5, false},
          quiet{8, 3s, 5, false}, quiet{8, 1500ms, 1, true}}) {
        circuit_breaker_options options = circuit_town::usual();
        options.success_threshold = one.successes;
        if (one.gradual) options.recovery = recovery_kind::gradual;
        circuit_town town(one.processes, options);
        town.run(3s);
        town.set_well(false);
        ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == one.processes; }, 5s));
        town.set_well(true);
        for (const auto& process : town.all)
            process->call_every = one.every;
        EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == one.processes; }, 15min))
            << one.processes << " every " << one.every.count();
    }
}

TEST(circuit_company, sick_processes_that_speak_first_do_not_starve_the_well) {
    circuit_town town(10);
    town.run(3s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 10; }, 4s));
    town.set_well(true);
    town[0].well = town[1].well = false;
    town[0].call_every = town[1].call_every = 5ms;
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) >= 8; }, 1min));
}

TEST(circuit_company, one_that_cannot_reach_the_page_does_not_hold_it_open) {
    circuit_breaker_options options = circuit_town::usual();
    options.reset_timeout = 30s;
    options.max_reset_timeout = 300s;
    circuit_town town(6, options, circuit_member::page_timing{500ms, 100ms});
    town.run(3s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 6; }, 4s));
    town.set_well(true);
    for (std::size_t i = 1; i < 6; ++i)
        town[i].page_is_well = true;
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 6; }, 10s));
}

TEST(circuit_company, one_that_dies_and_begins_again_and_again_counts_once) {
    circuit_town town(2);
    town[0].well = false;
    town[0].call_every = 5ms;
    town.run(3s);
    for (std::uint64_t who = 3; who < 200; ++who) {
        town.all[0] =
            std::make_unique<circuit_town::process>(who, circuit_town::usual(), std::nullopt);
        town[0].well = false;
        town[0].call_every = 5ms;
        town[0].next_round = town.now;
        town.run(who * 10ms);
    }
    EXPECT_EQ(town[1].refusals, 0);
}

TEST(circuit_company, a_change_by_hand_is_no_proof) {
    circuit_town town(3);
    town.run(3s);
    town.set_well(false);
    ASSERT_TRUE(town.run_until([&] { return town.in_state(open) == 3; }, 4s));
    for (const auto& one : town.all)
        one->call_every = 0s;
    town[0].refused = true;
    ASSERT_TRUE(town.run_until(
        [&] { return town[0].member.heard().turn == circuit_turn_kind::probe; }, 10s));
    town[0].breaker.control(circuit_control::open, town.now);
    town[0].breaker.control(circuit_control::automatic, town.now);
    town.run(1s);
    EXPECT_EQ(town.state(1), open);
    EXPECT_EQ(town.state(2), open);
    // Nor does it keep the turn: others find the API well.
    town.set_well(true);
    town[0].call_every = town[1].call_every = town[2].call_every = 50ms;
    EXPECT_TRUE(town.run_until([&] { return town.in_state(closed) == 3; }, 10s));
}

}  // namespace
}  // namespace symphony
