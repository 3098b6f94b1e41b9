#include "unit/policy/simulated_server.hpp"

#include <gtest/gtest.h>

// Against a server whose capacity changes, in virtual time: what users of the limit rely on.

namespace symphony {
namespace {

using namespace policy_testing;
using namespace std::chrono_literals;

using load = simulated_server::load;

double capacity_per_second(const load& of) {
    return of.capacity / std::chrono::duration<double>(of.service).count();
}

// Some time to find the limit, then: near capacity, nearly all of it used, no long queue.
void expect_settles(simulated_server& server, const load& now) {
    SCOPED_TRACE(::testing::Message() << now.capacity << " at a time, " << now.service / 1ms
                                      << " ms, spread " << now.spread);
    (void)server.run(now, 15s + 100 * now.service);
    const auto seen = server.run(now, 60s + 400 * now.service);
    EXPECT_GE(seen.per_second, 0.9 * capacity_per_second(now));
    EXPECT_LE(seen.mean_latency, 2 * now.service);
    EXPECT_GE(seen.mean_limit, now.capacity);
    EXPECT_LE(seen.mean_limit, 1.6 * now.capacity + 2 * std::sqrt(now.capacity));
}

TEST(gradient_limit_simulation, follows_the_capacity_down_and_up) {
    for (const std::uint32_t capacity : {8u, 20u, 100u, 400u}) {
        for (const duration service : {10ms, 50ms, 1000ms}) {
            simulated_server server({});
            expect_settles(server, {capacity, service});
            expect_settles(server, {capacity / 2, service});
            expect_settles(server, {2 * capacity, service});
        }
    }
}

TEST(gradient_limit_simulation, follows_an_api_that_becomes_slower_and_quicker) {
    simulated_server server({});
    expect_settles(server, {40, 50ms});
    expect_settles(server, {40, 150ms});
    expect_settles(server, {40, 20ms});
}

TEST(gradient_limit_simulation, is_not_led_astray_by_latencies_that_vary) {
    for (const std::uint32_t capacity : {8u, 40u, 200u}) {
        simulated_server server({});
        expect_settles(server, {capacity, 50ms, 0.3});
        expect_settles(server, {capacity / 2, 50ms, 0.3});
        expect_settles(server, {2 * capacity, 50ms, 0.3});
    }
}

TEST(gradient_limit_simulation, does_not_drift_in_an_hour_of_saturation) {
    simulated_server server({});
    expect_settles(server, {20, 50ms});
    const auto hour = server.run({20, 50ms}, 1h);
    EXPECT_LE(hour.most_limit, 40u);
    EXPECT_LE(hour.mean_latency, 90ms);
    EXPECT_GE(hour.per_second, 0.98 * 400);
}

TEST(gradient_limit_simulation, a_few_callers_are_not_in_each_others_way) {
    simulated_server server({});
    const load light{100, 50ms, 0.3, 5};
    (void)server.run(light, 10s);
    const auto seen = server.run(light, 10min);
    EXPECT_EQ(seen.least_limit, 20u);
    EXPECT_EQ(seen.most_limit, 20u) << "nobody asked for more";
    EXPECT_NEAR(seen.per_second, 100, 3);
}

TEST(gradient_limit_simulation, backs_off_from_a_server_that_turns_calls_away) {
    simulated_server server({});
    expect_settles(server, {100, 50ms});
    int turn = 0;
    server.overloaded = [&turn] { return ++turn % 10 == 0; };
    (void)server.run({100, 50ms}, 20s);
    EXPECT_LE(server.limit().limit(), 10u);
    server.overloaded = [] { return false; };
    (void)server.run({100, 50ms}, 60s);
    expect_settles(server, {100, 50ms});
}

}  // namespace
}  // namespace symphony
