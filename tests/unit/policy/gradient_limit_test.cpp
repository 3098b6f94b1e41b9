#include "symphony/policy/gradient_limit.hpp"

#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace symphony {
namespace {

using namespace symphony::testing;

/// Windows of calls that all take the same time.
class gradient : public ::testing::Test {
protected:
    enum class load { full, light };

    // Enough calls for one window, begun one after the other, ended so much later.
    void window(gradient_limit& limit, duration latency, load how = load::full, int overloads = 0) {
        const std::uint32_t in_flight = how == load::full ? limit.limit() : 1;
        const instant begun = now_ + 1ms;
        now_ = begun + std::max<duration>(latency, 100ms);
        for (int i = 0; i < 250; ++i) {
            const bool closes = i < overloads
                                    ? limit.on_overload(begun, now_, in_flight).has_value()
                                    : limit.on_answer(now_ - latency, now_, in_flight).has_value();
            if (closes) break;
        }
    }
    void windows(gradient_limit& limit, int count, duration latency, load how = load::full) {
        for (int i = 0; i < count; ++i)
            window(limit, latency, how);
    }

    instant now_ = start;
};

TEST_F(gradient, needs_bounds_in_order) {
    EXPECT_THROW(gradient_limit({.min = 0}), std::invalid_argument);
    EXPECT_THROW(gradient_limit({.min = 5, .initial = 4}), std::invalid_argument);
    EXPECT_THROW(gradient_limit({.max = 5, .initial = 6}), std::invalid_argument);
    EXPECT_EQ(gradient_limit({.initial = 7}).limit(), 7u);
}

TEST_F(gradient, without_a_measurement_nothing_changes) {
    gradient_limit limit({.initial = 20});
    for (int i = 0; i < 9; ++i)
        EXPECT_EQ(limit.on_answer(now_, now_ + 200ms, 20), std::nullopt);
    EXPECT_EQ(limit.limit(), 20u);
    EXPECT_EQ(limit.look().baseline, 0ns);
}

TEST_F(gradient, grows_while_latency_stays_what_it_was) {
    gradient_limit limit({.initial = 20});
    windows(limit, 40, 50ms);
    EXPECT_GT(limit.limit(), 300u);
}

TEST_F(gradient, never_leaves_its_bounds) {
    gradient_limit limit({.min = 4, .max = 30, .initial = 20});
    for (int i = 0; i < 100; ++i) {
        window(limit, 50ms);
        ASSERT_LE(limit.limit(), 30u);
    }
    EXPECT_GE(limit.limit(), 15u);
    for (int i = 0; i < 200; ++i) {
        window(limit, 50ms, load::full, 1);
        ASSERT_GE(limit.limit(), 4u);
    }
    EXPECT_EQ(limit.limit(), 4u);
}

TEST_F(gradient, shrinks_when_calls_take_longer) {
    gradient_limit limit({.initial = 100});
    windows(limit, 5, 50ms, load::light);
    EXPECT_EQ(limit.look().baseline, 50ms);
    const std::uint32_t before = limit.limit();
    window(limit, 200ms);
    EXPECT_EQ(limit.limit(), before - 20) << "0.5 · (0.5·100 + 10 - 100)";
}

TEST_F(gradient, a_buffer_of_a_quarter_is_no_queue) {
    gradient_limit limit({.initial = 100});
    windows(limit, 5, 40ms, load::light);
    window(limit, 50ms);
    EXPECT_GT(limit.limit(), 100u);
}

TEST_F(gradient, a_limit_that_was_not_used_says_nothing) {
    gradient_limit limit({.initial = 20});
    windows(limit, 50, 50ms, load::light);
    EXPECT_EQ(limit.limit(), 20u) << "does not grow";
    EXPECT_EQ(limit.look().baseline, 50ms) << "but is a measurement without a queue";
    windows(limit, 3, 500ms, load::light);
    EXPECT_EQ(limit.limit(), 20u) << "nor shrink: it is not our calls that queue up";
    windows(limit, 50, 500ms, load::light);
    EXPECT_GT(limit.look().baseline, 490ms);
}

TEST_F(gradient, an_overload_takes_a_tenth_once_a_window) {
    gradient_limit limit({.initial = 100});
    windows(limit, 5, 50ms, load::light);
    window(limit, 50ms, load::full, 1);
    EXPECT_EQ(limit.limit(), 90u);
    window(limit, 50ms, load::full, 90);
    EXPECT_EQ(limit.limit(), 81u) << "however many there were";
    window(limit, 50ms, load::light, 5);
    EXPECT_EQ(limit.limit(), 72u) << "however little was used";
}

TEST_F(gradient, calls_begun_before_the_window_belong_to_another_limit) {
    gradient_limit limit({.initial = 100});
    windows(limit, 5, 50ms, load::light);
    window(limit, 50ms, load::full, 1);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(limit.on_overload(now_ - 1ms, now_ + 1s, 100), std::nullopt);
        EXPECT_EQ(limit.on_answer(now_ - 1ms, now_ + 1s, 100), std::nullopt);
    }
    EXPECT_EQ(limit.limit(), 90u);
}

TEST_F(gradient, probes_when_its_baseline_is_old) {
    gradient_limit limit({.max = 100, .initial = 100});
    windows(limit, 5, 50ms, load::light);
    bool probed = false;
    for (int i = 0; i < 120 && !probed; ++i) {
        window(limit, 60ms);
        probed = limit.look().probing;
    }
    ASSERT_TRUE(probed) << "after 10 s";
    EXPECT_EQ(limit.limit(), 50u);
    window(limit, 40ms);
    EXPECT_EQ(limit.limit(), 25u) << "quicker: there was a queue";
    window(limit, 39ms);
    EXPECT_FALSE(limit.look().probing) << "no quicker any more";
    EXPECT_EQ(limit.limit(), 100u) << "and goes on where it was";
    EXPECT_EQ(limit.look().baseline, 39ms);
}

TEST_F(gradient, a_probe_that_is_not_used_ends) {
    gradient_limit limit({.max = 100, .initial = 100});
    windows(limit, 5, 50ms, load::light);
    while (!limit.look().probing)
        window(limit, 60ms);
    window(limit, 30ms, load::light);
    EXPECT_FALSE(limit.look().probing);
    EXPECT_EQ(limit.limit(), 100u);
}

TEST_F(gradient, light_load_makes_probes_needless) {
    gradient_limit limit({.max = 100, .initial = 100});
    windows(limit, 5, 50ms, load::light);
    for (int i = 0; i < 500; ++i) {
        window(limit, 50ms, i % 20 == 0 ? load::light : load::full);
        ASSERT_FALSE(limit.look().probing);
    }
}

TEST_F(gradient, new_bounds_keep_what_was_learnt) {
    gradient_limit limit({.initial = 20});
    limit.set_bounds({.initial = 30});
    EXPECT_EQ(limit.limit(), 30u) << "nothing was learnt yet";
    windows(limit, 5, 50ms, load::light);
    windows(limit, 20, 50ms);
    const std::uint32_t learnt = limit.limit();
    EXPECT_GT(learnt, 100u);
    limit.set_bounds({.initial = 10});
    EXPECT_EQ(limit.limit(), learnt);
    limit.set_bounds({.max = 50, .initial = 10});
    EXPECT_EQ(limit.limit(), 50u);
    EXPECT_EQ(limit.look().baseline, 50ms);
    EXPECT_THROW(limit.set_bounds({.min = 9, .max = 8}), std::invalid_argument);
}

TEST_F(gradient, odd_times_do_no_harm) {
    gradient_limit limit({.initial = 20});
    for (int i = 0; i < 100; ++i) {
        (void)limit.on_answer(start, start - 1s, 20);
        (void)limit.on_answer(instant::max(), instant::max(), 20);
        (void)limit.on_answer(instant::min(), instant::min(), 20);
    }
    EXPECT_GE(limit.limit(), 1u);
    EXPECT_LE(limit.limit(), 1000u);
    EXPECT_LE(limit.memory(), 512u);
}

TEST_F(gradient, takes_samples_from_many_threads) {
    gradient_limit limit({.initial = 20});
    std::vector<std::jthread> running;
    for (int t = 0; t < 4; ++t) {
        running.emplace_back([&] {
            instant at = start;
            for (int i = 0; i < 20'000; ++i) {
                at += 1ms;
                (void)limit.on_answer(at, at + 50ms, limit.limit());
            }
        });
    }
    running.clear();
    EXPECT_GT(limit.limit(), 20u);
    EXPECT_LE(limit.limit(), 1000u);
}

}  // namespace
}  // namespace symphony
