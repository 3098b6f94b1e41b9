#include "symphony/policy/circuit_breaker.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <functional>
#include <thread>
#include <vector>

// 10 000 callers at the instant a circuit may be half-open, from all sides: exactly the permitted
// number passes, every time.

namespace symphony {
namespace {

using namespace symphony::testing;

constexpr int repetitions = 1000;
constexpr int threads = 8;
constexpr int callers_each = 1250;
constexpr int callers = threads * callers_each;

/// Threads that live as long as the race and meet twice a round.
class race {
public:
    /// `call` is one caller of a thread; true: it passed. `after` sees how many did.
    race(const std::function<bool(int)>& call, const std::function<void(int)>& after, int rounds) {
        std::vector<std::jthread> running;
        for (int t = 0; t < threads; ++t) {
            running.emplace_back([&, t] {
                for (int round = 0; round < rounds; ++round) {
                    meet_.arrive_and_wait();
                    int passed = 0;
                    for (int i = 0; i < callers_each; ++i)
                        passed += call(t) ? 1 : 0;
                    passed_ += passed;
                    meet_.arrive_and_wait();
                    if (t == 0) after(passed_.exchange(0));
                }
            });
        }
    }

private:
    std::atomic<int> passed_{0};
    std::barrier<> meet_{threads};
};

struct breaker_race : ::testing::Test {
    circuit_breaker_options options{.failure_threshold = 1, .reset_timeout = 1s};
    instant now = start;
    std::array<std::vector<circuit_permit>, threads> held;

    bool acquire(circuit_breaker& breaker, int thread) {
        auto got = breaker.try_acquire(now);
        if (!got) return false;
        held.at(static_cast<std::size_t>(thread)).push_back(std::move(*got));
        return true;
    }
    template <class End>
    void end_all(End end) {
        for (auto& mine : held) {
            for (circuit_permit& permit : mine)
                end(permit);
            mine.clear();
        }
    }
};

TEST_F(breaker_race, the_probes_of_an_immediate_recovery) {
    for (const std::uint32_t allowed : {1u, 3u}) {
        options.success_threshold = allowed;
        circuit_breaker breaker(options);
        breaker.try_acquire(now)->failure(now);
        now += 1h;
        race([&](int t) { return acquire(breaker, t); },
             [&](int passed) {
                 EXPECT_EQ(passed, static_cast<int>(allowed));
                 end_all([&](circuit_permit& probe) { probe.failure(now); });
                 EXPECT_EQ(breaker.inspect(now).state, circuit_state::open);
                 now += 1h;
             },
             repetitions);
    }
}

TEST_F(breaker_race, the_probe_of_a_gradual_recovery) {
    options.recovery = recovery_kind::gradual;
    circuit_breaker breaker(options);
    breaker.try_acquire(now)->failure(now);
    now += 1h;
    race(
        [&](int t) {
            circuit_turn turn;
            return !breaker.ask(now, turn) && acquire(breaker, t);
        },
        [&](int passed) {
            EXPECT_EQ(passed, 1);
            end_all([&](circuit_permit& probe) { probe.failure(now); });
            now += 1h;
        },
        repetitions / 10);
}

TEST_F(breaker_race, the_share_of_a_gradual_recovery) {
    options.recovery = recovery_kind::gradual;
    options.success_threshold = 100'000;
    circuit_breaker breaker(options);
    breaker.try_acquire(now)->failure(now);
    breaker.half_open(now);
    breaker.try_acquire(now)->success(now);
    int all = 0;
    int asked = 1;
    race([&](int t) { return acquire(breaker, t); },
         [&](int passed) {
             all += passed;
             asked += callers;
             EXPECT_EQ(all, asked / 10);
             end_all([&](circuit_permit& call) { call.cancel(); });
         },
         repetitions / 10);
}

TEST_F(breaker_race, one_failure_among_many_successes_opens_once) {
    std::atomic<int> openings{0};
    options.success_threshold = 1'000;
    circuit_breaker breaker(options, [&](const circuit_transition& t) {
        openings += t.to == circuit_state::open ? 1 : 0;
    });
    breaker.try_acquire(now)->failure(now);
    now += 1h;
    race(
        [&](int t) {
            auto got = breaker.try_acquire(now);
            if (!got) return false;
            t == 0 ? got->failure(now) : got->success(now);
            return true;
        },
        [&](int passed) {
            EXPECT_GE(passed, 1);
            if (breaker.inspect(now).state == circuit_state::closed) {
                breaker.try_acquire(now)->failure(now);
            }
            EXPECT_EQ(breaker.inspect(now).state, circuit_state::open);
            now += 1h;
        },
        repetitions / 10);
    EXPECT_GE(openings, repetitions / 10);
}

}  // namespace
}  // namespace symphony
