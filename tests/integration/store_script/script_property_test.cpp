#include "script_run.hpp"
#include "store/redis_rate_store.hpp"

#include <gtest/gtest.h>

// The scripts in a real Redis, the same in C++, the plain definitions and the local policy, over
// the same random histories: the same answers, and no window of real use above its limit.

namespace symphony::script_test {
namespace {

class script_property : public testing::TestWithParam<std::tuple<scope, rate_strategy>> {};

TEST_P(script_property, answers_as_the_definitions_do) {
    const auto [what, strategy] = GetParam();
    test_support::script_redis server;
    // Loads both scripts, as run by the histories.
    load_scripts(server);
    const std::uint64_t base = 1'000'000 * (1 + static_cast<std::uint64_t>(what)) +
                               100'000 * static_cast<std::uint64_t>(strategy);
    const bool busy = what == scope::busy;
    for (std::uint64_t seed = base; seed < base + (busy ? 4 : 150) && !HasFailure(); ++seed) {
        script_run run(server, seed, what, strategy);
        run.go(busy ? 4000 : 100);
        const std::string key = "symphony:{" + std::to_string(seed) + "}:rl";
        server.command({"DEL", key});
    }
}

INSTANTIATE_TEST_SUITE_P(
    all, script_property,
    testing::Combine(testing::Values(scope::local, scope::whole, scope::wild, scope::busy),
                     testing::Values(rate_strategy::sliding_window, rate_strategy::token_bucket,
                                     rate_strategy::leaky_bucket)));

}  // namespace
}  // namespace symphony::script_test
