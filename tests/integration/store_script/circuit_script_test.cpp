#include "script_run.hpp"
#include "store/memory_circuit.hpp"
#include "store/redis_circuit_store.hpp"
#include "support/awaited.hpp"
#include "support/script_redis.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// circuit.lua in a real Redis beside the same in C++, over the same random histories, and what only
// Redis can meet with.

namespace symphony::script_test {
namespace {

using namespace std::chrono_literals;
using finding = circuit_report::finding;
using trial = circuit_report::trial;
using turn = circuit_turn_kind;
using test_support::awaited;
using test_support::blocking_commands;
using test_support::script_redis;

script_redis& server() {
    static script_redis one;
    return one;
}

// Runs the script with a time of the test's.
class timed_commands final : public detail::redis_commands {
public:
    explicit timed_commands(const micros& now) : now_(now), inner_(server()) {
        std::string text(detail::circuit_script());
        const std::string_view time = "call('TIME')";
        text.replace(text.find(time), time.size(), "{0, ARGV[#ARGV]}");
        script_ = std::make_unique<detail::redis_script>(text);
        server().command({"SCRIPT", "LOAD", text});
    }
    boost::asio::awaitable<result<detail::redis_reply>> run(
        const detail::redis_script& /*script*/, std::span<const std::string_view> keys,
        std::span<const std::string_view> arguments, detail::split_keys when_split) override {
        std::vector<std::string_view> all(arguments.begin(), arguments.end());
        const std::string now = std::to_string(now_);
        all.push_back(now);
        co_return co_await inner_.run(*script_, keys, all, when_split);
    }
    boost::asio::awaitable<result<detail::redis_reply>> command(
        std::string_view key, std::span<const std::string_view> words) override {
        return inner_.command(key, words);
    }

private:
    const micros& now_;
    blocking_commands inner_;
    std::unique_ptr<detail::redis_script> script_;
};

struct circuit_script : ::testing::Test {
    void SetUp() override { server().command({"FLUSHALL"}); }

    micros now = 100'000'000'000;
    detail::redis_circuit_store store{std::make_unique<timed_commands>(now)};
    std::uint64_t epoch = 0;

    void settle() {
        say(99, finding::unsure);
        now += 2'000'000;
    }
    circuit_council say(std::uint64_t who, finding found, turn wish = turn::none) {
        circuit_report says;
        says.who = who;
        says.epoch = epoch;
        says.found = found;
        says.wish = wish;
        says.reset_timeout = 10s;
        says.max_reset_timeout = 60s;
        const circuit_council told = awaited(store.meet("shop.orders", says)).value();
        epoch = told.epoch;
        return told;
    }
};

std::string shown(const circuit_council& c) {
    return "epoch " + std::to_string(c.epoch) + " healed " + std::to_string(c.healed) + " open " +
           std::to_string(c.open) + " wait " + std::to_string(c.wait.count()) + " turn " +
           std::to_string(static_cast<int>(c.turn)) + " wanted " + std::to_string(c.wanted) +
           " broken " + std::to_string(c.broken) + " sound " + std::to_string(c.sound);
}

TEST_F(circuit_script, answers_as_the_one_in_cpp) {
    for (std::uint64_t seed = 1; seed <= 60 && !HasFailure(); ++seed) {
        dice roll(seed);
        detail::memory_circuit plain;
        const std::string key = "history." + std::to_string(seed);
        std::array<std::uint64_t, 5> known{};  // the epoch each has heard of
        for (int step = 0; step < 120 && !HasFailure(); ++step) {
            now += roll.one_in(6) ? roll(0, 12'000'000) : roll(0, 400'000);
            const auto who = static_cast<std::uint64_t>(roll(0, 4));
            circuit_report says;
            says.who = who + 1;
            says.epoch = roll.one_in(40) ? known[who] + 5'000'000 : known[who];
            says.found = static_cast<finding>(roll.one_in(3) ? roll(0, 2) : 2);
            says.result = static_cast<trial>(roll.one_in(3) ? roll(0, 4) : 0);
            says.wish = static_cast<turn>(roll(0, 2));
            says.hold = std::chrono::milliseconds(roll(1, 9000));
            says.reset_timeout = std::chrono::milliseconds(roll(1, 4000));
            says.max_reset_timeout = std::chrono::milliseconds(roll(1, 20'000));
            const circuit_council expected = plain.hear(now, says);
            const auto got = awaited(store.meet(key, says));
            ASSERT_TRUE(got.has_value()) << got.error().message << " " << got.error().remote;
            EXPECT_EQ(shown(*got), shown(expected)) << "seed " << seed << ", step " << step;
            if (!roll.one_in(5)) known[who] = got->epoch;
        }
    }
}

TEST_F(circuit_script, a_clock_that_goes_back_makes_nothing_last_longer) {
    settle();
    say(1, finding::broken);
    ASSERT_TRUE(say(2, finding::broken).open);
    now += 10'000'000;
    ASSERT_EQ(say(1, finding::broken, turn::probe).turn, turn::probe);
    now -= 3'600'000'000;
    const circuit_council told = say(3, finding::unsure);
    EXPECT_TRUE(told.open);
    EXPECT_LE(told.wait, 60s);
    EXPECT_EQ(told.broken, 0U) << "views from a time to come";
    now += 60'000'000;
    EXPECT_EQ(say(3, finding::unsure, turn::probe).turn, turn::probe) << "the turn was not kept";
}

TEST_F(circuit_script, what_others_wrote_counts_as_nothing) {
    const std::string key = "symphony:{shop.orders}:cb";
    server().command({"HSET", key, "epoch", "nan", "healed", "9e15", "open", "yes", "until", "-inf",
                      "turn", "x"});
    const circuit_council told = say(1, finding::broken);
    EXPECT_FALSE(told.open);
    EXPECT_EQ(told.epoch, 100'000'000'000U);
    server().command({"SET", key, "text"});
    circuit_report says;
    says.who = 1;
    const auto refused = awaited(store.meet("shop.orders", says));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, error_kind::store_unavailable);
}

TEST_F(circuit_script, its_keys_expire_and_share_a_slot) {
    say(1, finding::broken);
    say(2, finding::sound);
    for (const std::string key : {"symphony:{shop.orders}:cb", "symphony:{shop.orders}:cb:broken",
                                  "symphony:{shop.orders}:cb:sound"}) {
        const auto left = server().command({"PTTL", key}).integer;
        EXPECT_GT(left, 0) << key;
        EXPECT_LE(left, 60'000) << key;
    }
    EXPECT_EQ(server().command({"DBSIZE"}).integer, 3);
}

TEST_F(circuit_script, a_lost_state_is_found_again) {
    settle();
    say(1, finding::broken);
    ASSERT_TRUE(say(2, finding::broken).open);
    const std::uint64_t before = epoch;
    server().command({"FLUSHALL"});
    now += 1000;
    EXPECT_FALSE(say(1, finding::broken).open);
    EXPECT_GT(epoch, before);
    now += 2'000'000;
    say(1, finding::broken);
    EXPECT_TRUE(say(2, finding::broken).open);
}

}  // namespace
}  // namespace symphony::script_test
