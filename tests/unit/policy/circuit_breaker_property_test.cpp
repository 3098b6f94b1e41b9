#include "symphony/core/random.hpp"
#include "symphony/policy/circuit_breaker.hpp"
#include "unit/policy/breaker_model.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

// The breaker beside its model, over random histories.

namespace symphony {
namespace {

using namespace symphony::testing;

struct running {
    circuit_permit permit;
    int id;
    int generation;
    int step;     // of the recovery
    bool probe;   // given in HALF_OPEN
    bool shared;  // by a share
    bool counted;
    instant started;
};

struct history {
    fast_random source;
    circuit_breaker_options options;
    explicit history(std::uint64_t seed) : source(seed) {
        options.failure_threshold = static_cast<std::uint32_t>(roll(1, 6));
        options.reset_timeout = ms(1, 500);
        if (roll(0, 1) == 1) options.max_reset_timeout = options.reset_timeout + ms(0, 3000);
        if (roll(0, 1) == 1) options.failure_rate = static_cast<double>(roll(1, 20)) / 20;
        if (roll(0, 1) == 1) options.latency_threshold = ms(1, 200);
        options.window = ms(1, 2000);
        options.minimum_requests = static_cast<std::uint32_t>(roll(1, 12));
        options.success_threshold = static_cast<std::uint32_t>(roll(1, 3));
        if (roll(0, 1) == 1) options.recovery = recovery_kind::gradual;
    }
    std::uint64_t roll(std::uint64_t low, std::uint64_t high) {
        return low + source.next() % (high - low + 1);
    }
    duration ms(std::uint64_t low, std::uint64_t high) {
        return std::chrono::milliseconds(roll(low, high));
    }

    void play(int steps) {
        circuit_breaker breaker(options);
        breaker_model expected(options);
        std::vector<running> calls;
        instant now = start;
        for (int step = 0; step < steps; ++step) {
            now += roll(0, 20) == 0 ? ms(0, 3000) : ms(0, 30);
            act(breaker, expected, calls, now, step);
            const auto seen = breaker.inspect(now);
            ASSERT_EQ(seen.state, expected.state) << step;
            ASSERT_EQ(seen.consecutive_failures, expected.row) << step;
            std::erase_if(expected.outcomes, [&](const breaker_model::outcome& o) {
                return o.bucket <= expected.bucket(now) - 12;
            });
            ASSERT_EQ(seen.window_total, expected.outcomes.size()) << step;
            breaker_model looked_at = expected;
            ASSERT_EQ(!breaker.look(now), looked_at.look(now)) << step;
        }
    }

    void act(circuit_breaker& breaker, breaker_model& expected, std::vector<running>& calls,
             instant now, int step) {
        const std::uint64_t what = roll(0, 99);
        if (what < 45 || calls.empty()) {
            const instant latest = roll(0, 3) == 0 ? now + ms(0, 400) : instant::max();
            circuit_turn turn;
            int expected_turn = -1;
            if (roll(0, 1) == 0) {
                ASSERT_EQ(!breaker.ask(now, turn), expected.ask(now, expected_turn)) << step;
            }
            auto got = breaker.try_acquire(now, latest, turn);
            const bool shared = expected.shares();
            ASSERT_EQ(got.has_value(), expected.acquire(now, step, latest, expected_turn)) << step;
            if (!got) return;
            const bool probe = expected.state == circuit_state::half_open;
            calls.push_back({std::move(*got), step, expected.generation, expected.step, probe,
                             shared, false, now});
            return;
        }
        if (what == 98) {
            breaker.half_open(now);
            expected.healthy();
            return;
        }
        if (what == 97) {
            const instant longer = now + ms(0, 400);
            breaker.stay_open(now, longer);
            expected.sick(now, longer);
            return;
        }
        if (what == 99 && roll(0, 2) == 0) {
            const auto mode = static_cast<circuit_control>(roll(0, 2));
            breaker.control(mode, now);
            expected.control(mode);
            return;
        }
        const auto index = static_cast<std::ptrdiff_t>(roll(0, calls.size() - 1));
        running& call = calls[static_cast<std::size_t>(index)];
        const bool late =
            options.latency_threshold && now - call.started > *options.latency_threshold;
        if (what < 55) {
            call.permit.slow(now);
            if (late && !call.counted) {
                call.counted = true;
                expected.slow(now, call.generation, call.probe);
            }
            return;
        }
        if (what < 62) {
            call.permit.cancel();
            expected.drop(call.id, call.generation);
        } else {
            const bool failed = what < 80;
            failed ? call.permit.failure(now) : call.permit.success(now);
            if (!call.probe) {
                expected.result(now, call.generation, failed, late, call.counted);
            } else if (call.generation == expected.generation) {
                expected.half_open_result(now, call.id, call.shared, call.step, failed);
            }
        }
        calls.erase(calls.begin() + index);
    }
};

TEST(circuit_breaker_property, decides_as_its_model_over_random_histories) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        history one(seed);
        one.play(150);
        if (HasFatalFailure()) FAIL() << "seed " << seed;
    }
}

TEST(circuit_breaker_property, decides_as_its_model_over_long_histories) {
    for (std::uint64_t seed = 10'000; seed < 10'010; ++seed) {
        history one(seed);
        one.play(10'000);
        if (HasFatalFailure()) FAIL() << "seed " << seed;
    }
}

}  // namespace
}  // namespace symphony
