#include "symphony/core/timer_heap.hpp"

#include "symphony/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <numeric>
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
    timer_heap* heap = nullptr;
};

struct timer_heap_test : ::testing::Test {
    std::vector<int> log;
    std::deque<noting> timers;
    timer_heap heap;

    noting& add(instant at) {
        noting& t = timers.emplace_back(log, static_cast<int>(timers.size()));
        t.heap = &heap;
        heap.arm(t, at);
        return t;
    }
};

TEST_F(timer_heap_test, an_empty_one_is_never_due) {
    EXPECT_EQ(heap.next(), std::nullopt);
    EXPECT_EQ(heap.expire(instant::max()), 0u);
}

TEST_F(timer_heap_test, fires_at_its_moment_and_never_earlier) {
    noting& t = add(start);
    EXPECT_TRUE(t.armed());
    EXPECT_EQ(heap.next(), start);
    EXPECT_EQ(heap.expire(start - 1ns), 0u);
    EXPECT_EQ(heap.expire(start), 1u);
    EXPECT_FALSE(t.armed());
    EXPECT_EQ(heap.expire(start + 1h), 0u) << "once per arming";
    EXPECT_EQ(log, std::vector{0});
}

TEST_F(timer_heap_test, fires_earliest_first) {
    for (const int ms : {5, 3, 9, 1, 7})
        add(start + ms * 1ms);
    EXPECT_EQ(heap.expire(start + 7ms), 4u);
    EXPECT_EQ(log, (std::vector{3, 1, 0, 4}));
    EXPECT_EQ(heap.next(), start + 9ms);
}

TEST_F(timer_heap_test, next_is_of_those_still_armed) {
    noting& first = add(start + 5ms);
    noting other(log, 9);
    heap.arm(other, start + 6ms);
    EXPECT_EQ(heap.next(), start + 5ms);
    heap.arm(other, start + 1ms);
    EXPECT_EQ(heap.next(), start + 1ms);
    heap.disarm(other);
    EXPECT_EQ(heap.next(), start + 5ms);
    EXPECT_EQ(heap.expire(start + 4ms), 0u) << "a disarmed one does not fire";
    heap.disarm(first);
    EXPECT_EQ(heap.next(), std::nullopt);
}

TEST_F(timer_heap_test, arming_again_moves) {
    noting& t = add(start + 5ms);
    heap.arm(t, start + 50ms);
    EXPECT_EQ(heap.size(), 1u);
    EXPECT_EQ(heap.expire(start + 49ms), 0u);
    EXPECT_EQ(heap.expire(start + 50ms), 1u);
}

TEST_F(timer_heap_test, disarm_is_harmless_when_not_armed) {
    noting& t = add(start);
    heap.disarm(t);
    heap.disarm(t);
    EXPECT_EQ(heap.expire(start), 0u);
}

TEST_F(timer_heap_test, those_disarmed_take_no_room_for_long) {
    noting& last = add(start + 1h);
    noting passing(log, 9);
    for (int i = 0; i < 1000; ++i) {
        heap.arm(passing, start + i * 1ms);
        heap.disarm(passing);
        ASSERT_EQ(heap.size(), 1u);
    }
    EXPECT_EQ(heap.next(), start + 1h);
    EXPECT_EQ(heap.expire(start + 1h), 1u);
    EXPECT_FALSE(last.armed());
    EXPECT_EQ(log, std::vector{0});
}

TEST_F(timer_heap_test, a_callback_may_disarm_another_that_is_due) {
    noting& first = add(start);
    add(start + 1ms);
    static noting* victim = nullptr;
    victim = &timers[1];
    first.then = [](noting& self) { self.heap->disarm(*victim); };
    EXPECT_EQ(heap.expire(start + 1s), 1u);
    EXPECT_EQ(log, std::vector{0});
}

TEST_F(timer_heap_test, one_that_rearms_itself_in_the_past_cannot_hold_the_thread) {
    noting& t = add(start);
    t.then = [](noting& self) { self.heap->arm(self, start); };
    EXPECT_EQ(heap.expire(start + 1s), 1u);
    EXPECT_TRUE(t.armed());
    EXPECT_EQ(heap.next(), start) << "due again at once, in the driver's next round";
    heap.disarm(t);
}

/// A million timers and what it costs to start them: how many others each one moves, which its
/// place tells, since a new one begins behind all and changes places with one a level.
class many_timers : public ::testing::Test {
protected:
    static constexpr std::size_t count = 1'000'000;

    static std::size_t level_of(std::size_t slot) {
        std::size_t level = 0;
        for (; slot > 0; slot = (slot - 1) / 4)
            ++level;
        return level;
    }
    /// Moves per timer, and the most of any.
    std::pair<double, std::size_t> start_all(const std::function<instant(std::size_t)>& due) {
        std::size_t moves = 0;
        std::size_t most = 0;
        for (std::size_t i = 0; i < count; ++i) {
            heap.arm(all[i], due(i));
            const std::size_t own = level_of(i) - level_of(all[i].slot);
            moves += own;
            most = std::max(most, own);
        }
        return {static_cast<double>(moves) / count, most};
    }
    void cancel_all_in_random_order() {
        std::vector<std::size_t> order(count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        for (std::size_t left = count; left > 1; --left)
            std::swap(order[left - 1], order[random.next() % left]);
        for (const std::size_t each : order)
            heap.disarm(all[each]);
    }

    static int fired;
    std::deque<timer> all = make_all();
    fast_random random;
    timer_heap heap;

private:
    static std::deque<timer> make_all() {
        std::deque<timer> made;
        for (std::size_t i = 0; i < count; ++i)
            made.emplace_back([](timer&) noexcept { ++fired; });
        return made;
    }
};
int many_timers::fired = 0;

TEST_F(many_timers, started_for_the_same_time_ahead_move_no_other) {
    const auto [mean, most] = start_all([](std::size_t i) { return start + 30s + i * 1us; });
    EXPECT_EQ(most, 0u);
    EXPECT_EQ(mean, 0.0);
    cancel_all_in_random_order();
    EXPECT_EQ(heap.size(), 0u);
}

TEST_F(many_timers, started_for_any_time_move_less_than_one_other) {
    const auto [mean, most] = start_all([this](std::size_t) {
        return start + std::chrono::nanoseconds(random.next() % 60'000'000'000U);
    });
    EXPECT_LT(mean, 1.0) << "about a half, however many there are";
    EXPECT_LE(most, 10u) << "the levels";
    timer one([](timer&) noexcept { ++fired; });
    heap.arm(one, start + 1h);
    cancel_all_in_random_order();
    EXPECT_EQ(heap.size(), 1u);
    EXPECT_EQ(heap.next(), start + 1h);
    fired = 0;
    EXPECT_EQ(heap.expire(start + 2h), 1u);
    EXPECT_EQ(fired, 1) << "none of those that were cancelled";
}

TEST_F(many_timers, started_each_before_all_others_move_one_a_level) {
    const auto [mean, most] = start_all([](std::size_t i) { return start + 1h - i * 1us; });
    EXPECT_LE(most, 10u);
    EXPECT_LE(mean, 10.0);
    cancel_all_in_random_order();
    EXPECT_EQ(heap.size(), 0u);
}

TEST(timer_heap, leaves_its_timers_disarmed_when_it_goes) {
    std::vector<int> log;
    noting t(log);
    {
        timer_heap heap;
        heap.arm(t, start);
    }
    EXPECT_FALSE(t.armed());
}

TEST(timer_heap, tells_those_who_ask_that_it_goes) {
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
        timer_heap heap;
        heap.arm(first, start);
        heap.arm(second, start + 1s);
        heap.disarm(first);
    }
    EXPECT_FALSE(first.told) << "it was not armed any more";
    EXPECT_TRUE(second.told);
}

TEST(timer_heap, behaves_as_an_ordered_map_over_random_steps) {
    std::vector<int> log;
    std::deque<noting> timers;
    for (int i = 0; i < 300; ++i)
        timers.emplace_back(log, i);
    timer_heap heap;
    std::map<int, instant> model;
    fast_random random(3);
    instant now = start;
    for (int step = 0; step < 100'000; ++step) {
        noting& t = timers[random.next() % timers.size()];
        switch (random.next() % 4) {
            case 0:
            case 1: {
                const instant at = now + duration(random.next() % 1000);
                heap.arm(t, at);
                model[t.id] = at;
                break;
            }
            case 2:
                heap.disarm(t);
                model.erase(t.id);
                break;
            default: {
                now += duration(random.next() % 20);
                log.clear();
                const std::size_t fired = heap.expire(now);
                ASSERT_EQ(fired, log.size());
                instant last = instant::min();
                for (const int id : log) {
                    ASSERT_TRUE(model.contains(id));
                    ASSERT_LE(model[id], now);
                    ASSERT_LE(last, model[id]);
                    last = model[id];
                    model.erase(id);
                }
            }
        }
        ASSERT_EQ(heap.size(), model.size());
        instant least = instant::max();
        for (const auto& [id, at] : model)
            least = std::min(least, at);
        ASSERT_EQ(heap.next().value_or(instant::max()), least);
    }
}

}  // namespace
}  // namespace symphony
