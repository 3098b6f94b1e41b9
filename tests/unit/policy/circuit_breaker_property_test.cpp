#include "symphony/core/random.hpp"
#include "symphony/policy/circuit_breaker.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

// The breaker beside a plain model that keeps every outcome and every probe in lists.

namespace symphony {
namespace {

using namespace symphony::testing;

struct model {
    struct outcome {
        std::int64_t bucket;
        bool failed;
    };
    struct probe {
        int id;
        instant latest;
    };

    explicit model(const circuit_breaker_options& o) : options(o), reset(o.reset_timeout) {}

    circuit_breaker_options options;
    circuit_state state = circuit_state::closed;
    circuit_control mode = circuit_control::automatic;
    int generation = 0;
    std::uint32_t row = 0;
    std::uint32_t successes = 0;
    duration reset;
    instant until{};
    std::vector<outcome> outcomes;
    std::vector<probe> probes;

    // The window is counted in 32 parts.
    [[nodiscard]] std::int64_t bucket(instant now) const {
        return now.time_since_epoch() / std::max<duration>(options.window / 32, 1ns);
    }
    void go(circuit_state to) {
        state = to;
        ++generation;
        successes = 0;
        probes.clear();
        if (to == circuit_state::closed) {
            row = 0;
            outcomes.clear();
            reset = options.reset_timeout;
        }
    }
    void open(instant now) {
        const duration longest = options.max_reset_timeout.value_or(10 * options.reset_timeout);
        if (state == circuit_state::half_open) reset = std::min(reset * 2, longest);
        go(circuit_state::open);
        until = now + reset;
    }
    bool acquire(instant now, int id, instant latest) {
        if (mode == circuit_control::open) return false;
        if (state == circuit_state::open) {
            if (now < until) return false;
            go(circuit_state::half_open);
        }
        if (state == circuit_state::closed) return true;
        std::erase_if(probes, [&](const probe& p) { return p.latest <= now; });
        if (probes.size() >= options.success_threshold) return false;
        probes.push_back({id, latest});
        return true;
    }
    void count(instant now, bool failed) {
        outcomes.push_back({bucket(now), failed});
        std::erase_if(outcomes, [&](const outcome& o) { return o.bucket <= bucket(now) - 32; });
        if (mode == circuit_control::closed) return;
        if (!options.failure_rate && !options.latency_threshold) return;
        const auto bad = std::ranges::count_if(outcomes, &outcome::failed);
        if (outcomes.size() < options.minimum_requests) return;
        const double share = static_cast<double>(bad) / static_cast<double>(outcomes.size());
        if (share >= options.failure_rate.value_or(0.5)) open(now);
    }
    void slow(instant now, int permit_generation, bool is_probe) {
        if (permit_generation == generation && !is_probe) count(now, true);
    }
    void result(instant now, int id, int permit_generation, bool is_probe, bool failed, bool late,
                bool counted) {
        if (permit_generation != generation) return;
        if (is_probe) {
            if (std::erase_if(probes, [&](const probe& p) { return p.id == id; }) == 0) return;
            if (failed) {
                ++row;
                open(now);
            } else if (++successes >= options.success_threshold) {
                go(circuit_state::closed);
            }
            return;
        }
        row = failed ? row + 1 : 0;
        if (!counted) count(now, failed || late);
        if (permit_generation != generation) return;
        if (row >= options.failure_threshold && mode != circuit_control::closed) open(now);
    }
    void drop(int id, int permit_generation) {
        if (permit_generation == generation) {
            std::erase_if(probes, [&](const probe& p) { return p.id == id; });
        }
    }
    void control(circuit_control to) {
        if (to == mode) return;
        const bool keep = to == circuit_control::closed && state == circuit_state::closed;
        mode = to;
        if (!keep) go(to == circuit_control::open ? circuit_state::open : circuit_state::closed);
    }
};

struct running {
    circuit_permit permit;
    int id;
    int generation;
    bool probe;
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
    }
    std::uint64_t roll(std::uint64_t low, std::uint64_t high) {
        return low + source.next() % (high - low + 1);
    }
    duration ms(std::uint64_t low, std::uint64_t high) {
        return std::chrono::milliseconds(roll(low, high));
    }

    void play(int steps) {
        circuit_breaker breaker(options);
        model expected(options);
        std::vector<running> calls;
        instant now = start;
        for (int step = 0; step < steps; ++step) {
            now += roll(0, 20) == 0 ? ms(0, 3000) : ms(0, 30);
            act(breaker, expected, calls, now, step);
            const auto seen = breaker.inspect(now);
            ASSERT_EQ(seen.state, expected.state) << step;
            ASSERT_EQ(seen.consecutive_failures, expected.row) << step;
            std::erase_if(expected.outcomes, [&](const model::outcome& o) {
                return o.bucket <= expected.bucket(now) - 32;
            });
            ASSERT_EQ(seen.window_total, expected.outcomes.size()) << step;
            model would = expected;
            ASSERT_EQ(!breaker.look(now), would.acquire(now, -1, now)) << step;
        }
    }

    void act(circuit_breaker& breaker, model& expected, std::vector<running>& calls, instant now,
             int step) {
        const std::uint64_t what = roll(0, 99);
        if (what < 45 || calls.empty()) {
            const instant latest = roll(0, 3) == 0 ? now + ms(0, 400) : instant::max();
            auto got = breaker.try_acquire(now, latest);
            ASSERT_EQ(got.has_value(), expected.acquire(now, step, latest)) << step;
            if (!got) return;
            const bool probe = expected.state == circuit_state::half_open;
            calls.push_back({std::move(*got), step, expected.generation, probe, false, now});
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
            expected.result(now, call.id, call.generation, call.probe, failed, late, call.counted);
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
