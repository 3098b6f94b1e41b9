#include "script_run.hpp"
#include "store/redis_rate_store.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

// The scripts in a real Redis, the same in C++, the plain definitions and the local policy, over
// the same random histories: the same answers, and no window of real use above its limit.

namespace symphony::script_test {
namespace {

class script_property : public testing::TestWithParam<std::tuple<scope, rate_strategy>> {};

std::uint64_t first_seed(scope what, rate_strategy strategy) {
    return 1'000'000 * (1 + static_cast<std::uint64_t>(what)) +
           100'000 * static_cast<std::uint64_t>(strategy);
}

TEST_P(script_property, answers_as_the_definitions_do) {
    const auto [what, strategy] = GetParam();
    test_support::script_redis server;
    // Loads both scripts, as run by the histories.
    load_scripts(server);
    const std::uint64_t base = first_seed(what, strategy);
    const bool busy = what == scope::busy;
    for (std::uint64_t seed = base; seed < base + (busy ? 4 : 150) && !HasFailure(); ++seed) {
        script_run run(&server, seed, what, strategy);
        run.go(busy ? 4000 : 100);
        const std::string key = "symphony:{" + std::to_string(seed) + "}:rl";
        server.command({"DEL", key});
    }
}

// Each with limits of its own.
constexpr std::uint64_t all_short_histories = 100'000;
constexpr int short_steps = 8;

class histories_in_cpp : public script_property {};

TEST_P(histories_in_cpp, are_answered_as_the_definitions_and_the_policy_do) {
    const auto [what, strategy] = GetParam();
    const std::uint64_t base = first_seed(what, strategy);
    for (std::uint64_t i = 0; i < all_short_histories && !HasFailure(); ++i)
        script_run(nullptr, base + i, what, strategy).go(short_steps);
}

INSTANTIATE_TEST_SUITE_P(all, histories_in_cpp,
                         testing::Combine(testing::Values(scope::local, scope::whole),
                                          testing::Values(rate_strategy::sliding_window,
                                                          rate_strategy::token_bucket,
                                                          rate_strategy::leaky_bucket)));

class short_histories : public script_property {};

// As many as a second holds, or as $SYMPHONY_HISTORIES says: with 100000 it takes minutes.
TEST_P(short_histories, are_answered_alike_by_the_scripts) {
    const auto [what, strategy] = GetParam();
    const char* const asked = std::getenv("SYMPHONY_HISTORIES");
    const std::uint64_t count = asked != nullptr ? std::stoull(asked) : 4000;
    test_support::script_redis server;
    load_scripts(server);
    const std::uint64_t base = first_seed(what, strategy);
    for (std::uint64_t i = 0; i < count && !HasFailure(); ++i) {
        script_run(&server, base + i, what, strategy).go(short_steps);
        if (i % 1000 == 999) server.command({"FLUSHALL"});
    }
}

INSTANTIATE_TEST_SUITE_P(all, short_histories,
                         testing::Combine(testing::Values(scope::local, scope::whole, scope::wild),
                                          testing::Values(rate_strategy::sliding_window,
                                                          rate_strategy::token_bucket,
                                                          rate_strategy::leaky_bucket)));

INSTANTIATE_TEST_SUITE_P(
    all, script_property,
    testing::Combine(testing::Values(scope::local, scope::whole, scope::wild, scope::busy),
                     testing::Values(rate_strategy::sliding_window, rate_strategy::token_bucket,
                                     rate_strategy::leaky_bucket)));

}  // namespace
}  // namespace symphony::script_test
