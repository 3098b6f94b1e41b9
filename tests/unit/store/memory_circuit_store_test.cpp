#include "symphony/store/memory_circuit_store.hpp"

#include "support/awaited.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

// What processes that share a circuit are told. circuit.lua answers alike: store_script_test.

namespace symphony {
namespace {

using namespace std::chrono_literals;
using test_support::awaited;
using finding = circuit_report::finding;
using trial = circuit_report::trial;
using turn = circuit_turn_kind;

struct memory_circuits : ::testing::Test {
    symphony::testing::manual_clock clock;
    memory_circuit_store store{clock};
    std::uint64_t epoch = 0;

    // Long enough after the beginning for a verdict.
    void SetUp() override {
        ask(99);
        clock.advance(circuit_store::settling_time);
    }
    circuit_council say(std::uint64_t who, finding found, turn wish = turn::none,
                        trial came = trial::none, duration hold = {}) {
        circuit_report says;
        says.who = who;
        says.epoch = epoch;
        says.found = found;
        says.result = came;
        says.wish = wish;
        says.hold = hold;
        says.reset_timeout = 10s;
        says.max_reset_timeout = 60s;
        const circuit_council told = awaited(store.meet("shop.orders", says)).value();
        epoch = told.epoch;
        return told;
    }
    circuit_council ask(std::uint64_t who, turn wish = turn::none, trial came = trial::none,
                        duration hold = {}) {
        return say(who, finding::unsure, wish, came, hold);
    }
    // Open for all, just now.
    void open() {
        ask(99);
        clock.advance(circuit_store::settling_time);
        say(1, finding::broken);
        ASSERT_TRUE(say(2, finding::broken).open);
    }
};

TEST_F(memory_circuits, one_sick_process_opens_it_for_nobody_else) {
    const circuit_council told = say(1, finding::broken);
    EXPECT_FALSE(told.open);
    EXPECT_EQ(told.broken, 1U);
    for (std::uint64_t other = 2; other < 6; ++other)
        EXPECT_FALSE(say(other, finding::unsure).open) << "those who cannot tell are no voters";
    EXPECT_FALSE(say(1, finding::broken).open);
}

TEST_F(memory_circuits, opens_for_all_when_more_find_it_broken_than_sound) {
    say(1, finding::broken);
    say(3, finding::sound);
    say(4, finding::sound);
    EXPECT_FALSE(say(2, finding::broken).open) << "two to two";
    const circuit_council told = say(3, finding::broken);
    EXPECT_TRUE(told.open);
    EXPECT_EQ(told.broken, 3U);
    EXPECT_EQ(told.sound, 1U);
    EXPECT_EQ(told.wait, 10s);
    EXPECT_TRUE(ask(9).open) << "for a newcomer as well";
}

TEST_F(memory_circuits, a_view_counts_for_a_time) {
    say(1, finding::broken);
    clock.advance(circuit_store::broken_time);
    EXPECT_FALSE(say(2, finding::broken).open);
    clock.advance(circuit_store::broken_time - 1us);
    EXPECT_TRUE(say(3, finding::broken).open);
    say(4, finding::sound);
    clock.advance(circuit_store::view_time - 1us);
    EXPECT_EQ(ask(9).sound, 1U);
    clock.advance(1us);
    EXPECT_EQ(ask(9).sound, 0U);
}

TEST_F(memory_circuits, nothing_opens_before_everybody_could_speak) {
    open();
    clock.advance(10s);
    ask(3, turn::probe);
    ASSERT_FALSE(ask(3, turn::none, trial::proven).open);
    clock.advance(circuit_store::settling_time - 1us);
    say(1, finding::broken);
    EXPECT_FALSE(say(2, finding::broken).open);
    clock.advance(1us);
    EXPECT_TRUE(say(2, finding::broken).open);
}

TEST_F(memory_circuits, who_fails_again_and_again_stands_back_for_others) {
    open();
    clock.advance(10s);
    duration wait = 10s;
    for (int i = 1; i <= 3; ++i) {
        ASSERT_EQ(ask(3, turn::probe).turn, turn::probe) << i;
        wait = ask(3, turn::none, trial::failed).wait;
        clock.advance(wait + i * circuit_store::shy_time - 1us);
        EXPECT_EQ(ask(3, turn::probe).turn, turn::none) << i;
        EXPECT_FALSE(ask(4, turn::none).wanted) << "it does not press either";
        clock.advance(1us);
    }
}

TEST_F(memory_circuits, a_late_proof_after_anothers_trial_changes_nothing) {
    open();
    clock.advance(10s);
    ask(3, turn::probe);
    clock.advance(circuit_store::turn_time);
    ask(4, turn::probe);
    ask(4, turn::none, trial::failed);
    EXPECT_TRUE(ask(3, turn::none, trial::proven).open);
}

TEST_F(memory_circuits, a_view_replaces_the_former) {
    say(1, finding::broken);
    say(1, finding::sound);
    EXPECT_FALSE(say(2, finding::broken).open);
    EXPECT_FALSE(say(1, finding::unsure).open);
    EXPECT_EQ(ask(3).broken, 1U);
}

TEST_F(memory_circuits, stays_open_without_those_who_found_it_broken) {
    open();
    clock.advance(1h);
    const circuit_council told = say(3, finding::sound);
    EXPECT_TRUE(told.open);
    EXPECT_EQ(told.broken, 0U);
    EXPECT_EQ(told.wait, 0s);
}

TEST_F(memory_circuits, one_process_at_a_time_may_try) {
    open();
    EXPECT_EQ(ask(3, turn::probe).turn, turn::none) << "its time is not over";
    clock.advance(10s - 1us);
    EXPECT_EQ(ask(3, turn::probe).turn, turn::none);
    clock.advance(1us);
    EXPECT_EQ(ask(3, turn::probe).turn, turn::probe);
    EXPECT_EQ(ask(4, turn::probe).turn, turn::none);
    EXPECT_EQ(ask(3, turn::probe).turn, turn::probe);
}

TEST_F(memory_circuits, a_turn_lapses_and_goes_back) {
    open();
    clock.advance(10s);
    ask(3, turn::probe);
    clock.advance(circuit_store::turn_time - 1us);
    EXPECT_EQ(ask(4, turn::probe).turn, turn::none);
    clock.advance(1us);
    EXPECT_EQ(ask(4, turn::probe).turn, turn::probe);
    ask(4, turn::none);
    EXPECT_EQ(ask(5, turn::probe).turn, turn::probe) << "given back";
}

TEST_F(memory_circuits, whoever_has_the_turn_hears_that_others_want_it) {
    open();
    clock.advance(10s);
    EXPECT_FALSE(ask(3, turn::probe).wanted);
    EXPECT_FALSE(ask(3, turn::probe).wanted);
    ask(4, turn::probe);
    EXPECT_TRUE(ask(3, turn::probe).wanted);
    ask(3, turn::none);
    EXPECT_FALSE(ask(4, turn::probe).wanted) << "a new turn";
}

TEST_F(memory_circuits, a_proof_closes_it_for_all) {
    open();
    const std::uint64_t before = epoch;
    clock.advance(10s);
    ask(3, turn::probe);
    const circuit_council told = ask(3, turn::none, trial::proven);
    EXPECT_FALSE(told.open);
    EXPECT_EQ(told.healed, before);
    EXPECT_GT(told.epoch, before);
    EXPECT_EQ(told.broken, 0U);
    epoch = before;
    const circuit_council late = say(1, finding::broken);
    EXPECT_FALSE(late.open);
    EXPECT_EQ(late.broken, 0U) << "what was found before has no weight";
    EXPECT_EQ(late.healed, before);
}

TEST_F(memory_circuits, a_proof_of_an_older_epoch_changes_nothing) {
    open();
    const std::uint64_t before = epoch;
    clock.advance(10s);
    ask(3, turn::probe);
    ask(3, turn::none, trial::proven);
    open();
    epoch = before;
    EXPECT_TRUE(ask(3, turn::none, trial::proven).open);
}

TEST_F(memory_circuits, a_proof_in_the_turn_of_another_changes_nothing) {
    open();
    clock.advance(10s);
    ask(3, turn::probe);
    clock.advance(circuit_store::turn_time);
    EXPECT_EQ(ask(4, turn::probe).turn, turn::probe);
    EXPECT_TRUE(ask(3, turn::none, trial::proven).open);
}

TEST_F(memory_circuits, a_late_proof_counts_while_nobody_else_tries) {
    open();
    clock.advance(10s);
    ask(3, turn::probe);
    clock.advance(circuit_store::turn_time);
    EXPECT_FALSE(ask(3, turn::none, trial::proven).open);
}

TEST_F(memory_circuits, each_failed_trial_doubles_the_wait_whoever_tried) {
    open();
    duration wait = 10s;
    for (std::uint64_t who = 3; who < 9; ++who) {
        clock.advance(wait);
        ASSERT_EQ(ask(who, turn::probe).turn, turn::probe) << who;
        wait = std::min<duration>(2 * wait, 60s);
        EXPECT_EQ(ask(who, turn::none, trial::failed).wait, wait);
    }
}

TEST_F(memory_circuits, only_whose_turn_it_was_can_fail) {
    open();
    clock.advance(10s);
    ask(3, turn::probe);
    EXPECT_EQ(ask(4, turn::none, trial::failed).wait, 0s);
}

TEST_F(memory_circuits, whoever_failed_last_leaves_the_next_trial_to_others) {
    open();
    clock.advance(10s);
    ask(3, turn::probe);
    ask(3, turn::none, trial::failed);
    clock.advance(20s);
    EXPECT_EQ(ask(3, turn::probe).turn, turn::none);
    EXPECT_EQ(ask(4, turn::probe).turn, turn::probe);
    ask(4, turn::none);
    clock.advance(circuit_store::shy_time);
    EXPECT_EQ(ask(3, turn::probe).turn, turn::probe) << "nobody else came";
}

TEST_F(memory_circuits, one_process_at_a_time_asks_for_health) {
    open();
    EXPECT_EQ(ask(3, turn::check).turn, turn::check);
    EXPECT_EQ(ask(4, turn::check).turn, turn::none);
    EXPECT_EQ(ask(3, turn::check, trial::sick, 15s).wait, 15s);
    clock.advance(1s);
    EXPECT_EQ(ask(3, turn::check).turn, turn::check) << "nobody else came";
    EXPECT_EQ(ask(4, turn::check, trial::well).wait, 14s) << "it was not asked";
    ask(3, turn::check, trial::sick, 15s);
    EXPECT_EQ(ask(3, turn::check).turn, turn::none) << "after a sick page it is another's turn";
    EXPECT_EQ(ask(4, turn::check).turn, turn::check);
    const circuit_council told = ask(4, turn::probe, trial::well);
    EXPECT_EQ(told.wait, 0s);
    EXPECT_EQ(told.turn, turn::probe);
}

TEST_F(memory_circuits, a_sick_page_holds_no_longer_than_the_longest_reset_time) {
    open();
    ask(3, turn::check);
    EXPECT_EQ(ask(3, turn::check, trial::sick, 1h).wait, 60s);
    clock.advance(60s);
    EXPECT_EQ(ask(3, turn::check, trial::sick, 1h).turn, turn::none);
    EXPECT_EQ(ask(4, turn::probe).turn, turn::probe);
}

TEST_F(memory_circuits, a_turn_to_check_ends_when_calls_may_be_tried) {
    open();
    ask(3, turn::check);
    clock.advance(10s);
    EXPECT_EQ(ask(4, turn::probe).turn, turn::probe);
    EXPECT_EQ(ask(3, turn::check).turn, turn::none);
}

TEST_F(memory_circuits, a_state_older_than_what_is_known_begins_anew) {
    open();
    epoch += 1'000'000'000'000;
    const std::uint64_t known = epoch;
    const circuit_council told = say(1, finding::broken);
    EXPECT_GT(told.epoch, known);
    EXPECT_FALSE(told.open);
    EXPECT_EQ(told.healed, 0U);
    EXPECT_EQ(told.broken, 0U) << "to be said again";
    EXPECT_EQ(say(1, finding::broken).broken, 1U);
}

TEST_F(memory_circuits, keys_are_circuits_of_their_own) {
    open();
    circuit_report says;
    says.who = 1;
    EXPECT_FALSE(awaited(store.meet("shop.other", says)).value().open);
}

}  // namespace
}  // namespace symphony
