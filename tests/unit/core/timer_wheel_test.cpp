#include "symphony/core/timer_wheel.hpp"

#include "symphony/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;

constexpr instant start{1000s};

struct noting : timer {
    explicit noting(std::vector<int>& log, int id = 0) : timer(&noting::fired), log(&log), id(id) {}
    static void fired(timer& t) noexcept {
        auto& self = static_cast<noting&>(t);
        self.log->push_back(self.id);
        if (self.then) self.then(self);
    }
    std::vector<int>* log;
    int id;
    void (*then)(noting&) = nullptr;
    timer_wheel* wheel = nullptr;
};

struct timer_wheel_test : ::testing::Test {
    std::vector<int> log;
    std::deque<noting> timers;
    timer_wheel wheel;

    noting& add(instant at) {
        noting& t = timers.emplace_back(log, static_cast<int>(timers.size()));
        t.wheel = &wheel;
        wheel.arm(t, at);
        return t;
    }
};

TEST_F(timer_wheel_test, an_empty_one_is_never_due) {
    EXPECT_EQ(wheel.next(), std::nullopt);
    EXPECT_EQ(wheel.expire(instant::max()), 0u);
}

TEST_F(timer_wheel_test, fires_at_its_moment_and_never_earlier) {
    noting& t = add(start);
    EXPECT_TRUE(t.armed());
    EXPECT_EQ(wheel.next(), start);
    EXPECT_EQ(wheel.expire(start - 1ns), 0u);
    EXPECT_EQ(wheel.expire(start), 1u);
    EXPECT_FALSE(t.armed());
    EXPECT_EQ(wheel.expire(start + 1h), 0u) << "once per arming";
    EXPECT_EQ(log, std::vector{0});
}

TEST_F(timer_wheel_test, fires_earliest_first) {
    for (const int ms : {5, 3, 9, 1, 7})
        add(start + ms * 1ms);
    EXPECT_EQ(wheel.expire(start + 7ms), 4u);
    EXPECT_EQ(log, (std::vector{3, 1, 0, 4}));
    EXPECT_EQ(wheel.next(), start + 9ms);
}

TEST_F(timer_wheel_test, those_of_one_moment_fire_in_the_order_they_were_armed) {
    add(start + 1s);
    add(start + 1s);
    EXPECT_EQ(wheel.expire(start + 1s - 5ns), 0u);
    add(start + 1s);
    add(start + 1s - 1ns);
    EXPECT_EQ(wheel.expire(start + 2s), 4u);
    EXPECT_EQ(log, (std::vector{3, 0, 1, 2}));
}

TEST_F(timer_wheel_test, one_armed_for_a_moment_that_passed_fires_at_once) {
    EXPECT_EQ(wheel.expire(start + 1s), 0u);
    add(start);
    EXPECT_LE(wheel.next(), start + 1s);
    EXPECT_EQ(wheel.expire(start + 1s), 1u);
}

TEST_F(timer_wheel_test, holds_any_moment) {
    for (const instant at : {instant::max(), start, instant::min(), instant(0ns), instant(-1ns)})
        add(at);
    EXPECT_EQ(wheel.next(), instant::min());
    EXPECT_EQ(wheel.expire(instant::min()), 1u);
    EXPECT_EQ(wheel.expire(instant(-1ns)), 1u);
    EXPECT_EQ(wheel.expire(start), 2u);
    EXPECT_EQ(wheel.expire(instant::max() - 1ns), 0u);
    EXPECT_EQ(wheel.next(), instant::max());
    EXPECT_EQ(wheel.expire(instant::max()), 1u);
    EXPECT_EQ(log, (std::vector{2, 4, 3, 1, 0}));
}

TEST_F(timer_wheel_test, next_is_of_those_still_armed) {
    noting& first = add(start + 5ms);
    noting other(log, 9);
    wheel.arm(other, start + 6ms);
    EXPECT_EQ(wheel.next(), start + 5ms);
    wheel.arm(other, start + 1ms);
    EXPECT_EQ(wheel.next(), start + 1ms);
    EXPECT_EQ(wheel.expire(start), 0u);
    wheel.disarm(other);
    EXPECT_EQ(wheel.expire(start + 4ms), 0u) << "a disarmed one does not fire";
    EXPECT_EQ(wheel.next(), start + 5ms);
    wheel.disarm(first);
    EXPECT_EQ(wheel.next(), std::nullopt);
}

TEST_F(timer_wheel_test, next_asks_in_vain_once_at_most_for_one_that_was_disarmed) {
    noting& near = add(start + 30s);
    add(start + 30s + 3ms);
    EXPECT_EQ(wheel.expire(start), 0u);
    wheel.disarm(near);
    EXPECT_EQ(wheel.next(), start + 30s) << "beside another, it is not looked for";
    EXPECT_EQ(wheel.expire(start + 30s), 0u);
    EXPECT_EQ(wheel.next(), start + 30s + 3ms);
}

TEST_F(timer_wheel_test, arming_again_moves) {
    noting& t = add(start + 5ms);
    wheel.arm(t, start + 50ms);
    EXPECT_EQ(wheel.size(), 1u);
    EXPECT_EQ(wheel.expire(start + 49ms), 0u);
    EXPECT_EQ(wheel.expire(start + 50ms), 1u);
}

TEST_F(timer_wheel_test, disarm_is_harmless_when_not_armed) {
    noting& t = add(start);
    wheel.disarm(t);
    wheel.disarm(t);
    EXPECT_EQ(wheel.expire(start), 0u);
}

TEST_F(timer_wheel_test, a_callback_may_disarm_another_that_is_due) {
    noting& first = add(start);
    add(start + 1ms);
    static noting* victim = nullptr;
    victim = &timers[1];
    first.then = [](noting& self) { self.wheel->disarm(*victim); };
    EXPECT_EQ(wheel.expire(start + 1s), 1u);
    EXPECT_EQ(log, std::vector{0});
}

TEST_F(timer_wheel_test, one_that_rearms_itself_in_the_past_cannot_hold_the_thread) {
    noting& t = add(start);
    t.then = [](noting& self) { self.wheel->arm(self, start); };
    EXPECT_EQ(wheel.expire(start + 1s), 1u);
    EXPECT_TRUE(t.armed());
    EXPECT_EQ(wheel.next(), start) << "due again at once, in the driver's next round";
    wheel.disarm(t);
}

TEST(timer_wheel, one_goes_down_ten_levels_at_most_until_it_fires) {
    timer one([](timer&) noexcept {});
    timer_wheel wheel;
    wheel.arm(one, instant::max());
    const timer_link* place = one.after;
    int moves = 0;
    for (duration left = duration::max(); left > 0ns; left -= left / 4 + 1ns) {
        EXPECT_EQ(wheel.expire(instant::max() - left), 0u);
        moves += one.after == place ? 0 : 1;
        place = one.after;
    }
    EXPECT_EQ(moves, 10);
    EXPECT_EQ(wheel.expire(instant::max()), 1u);
}

TEST(timer_wheel, leaves_its_timers_disarmed_when_it_goes) {
    std::vector<int> log;
    noting t(log);
    {
        timer_wheel wheel;
        wheel.arm(t, start);
    }
    EXPECT_FALSE(t.armed());
}

TEST(timer_wheel, tells_those_who_ask_that_it_goes) {
    struct wanting : timer {
        wanting()
            : timer([](timer&) noexcept {},
                    [](timer& t) noexcept {
                        auto& self = static_cast<wanting&>(t);
                        self.told = !self.armed();
                    }) {}
        bool told = false;
    } first, second;
    {
        timer_wheel wheel;
        wheel.arm(first, start);
        wheel.arm(second, start + 1s);
        wheel.disarm(first);
    }
    EXPECT_FALSE(first.told) << "it was not armed any more";
    EXPECT_TRUE(second.told);
}

// Over all levels: the moments lie up to 2^40 ns (18 minutes) ahead, or a little in the past.
TEST(timer_wheel, behaves_as_an_ordered_map_over_random_steps) {
    std::vector<int> log;
    std::deque<noting> timers;
    for (int i = 0; i < 300; ++i)
        timers.emplace_back(log, i);
    timer_wheel wheel;
    std::map<int, instant> model;
    fast_random random(3);
    const auto some = [&] {
        return duration(static_cast<duration::rep>(random.next() % (2ULL << (random.next() % 40))));
    };
    instant now = start;
    wheel.expire(now);
    for (int step = 0; step < 100'000; ++step) {
        noting& t = timers[random.next() % timers.size()];
        switch (random.next() % 4) {
            case 0:
            case 1: {
                const instant at = now + some() - 3ns;
                wheel.arm(t, at);
                model[t.id] = std::max(at, now);
                break;
            }
            case 2:
                wheel.disarm(t);
                model.erase(t.id);
                break;
            default: {
                now += some();
                log.clear();
                const std::size_t fired = wheel.expire(now);
                ASSERT_EQ(fired, log.size());
                instant last = instant::min();
                for (const int id : log) {
                    ASSERT_TRUE(model.contains(id));
                    ASSERT_LE(model[id], now);
                    ASSERT_LE(last, model[id]);
                    last = model[id];
                    model.erase(id);
                }
                ASSERT_GT(wheel.next().value_or(instant::max()), now) << "nothing due is left";
            }
        }
        ASSERT_EQ(wheel.size(), model.size());
        instant least = instant::max();
        for (const auto& [id, at] : model)
            least = std::min(least, at);
        ASSERT_LE(wheel.next().value_or(instant::max()), least);
        ASSERT_EQ(wheel.next().has_value(), !model.empty());
    }
}

}  // namespace
}  // namespace symphony
