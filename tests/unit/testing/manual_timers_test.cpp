#include "symphony/testing/manual_timers.hpp"

#include "symphony/net/asio_timers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace symphony::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Notes the moment at which it fires, and arms itself again while it has rounds left.
struct noting_timer : timer {
    noting_timer(manual_clock& on, timers& with)
        : timer(&noting_timer::note), time(on), wake(with) {}
    ~noting_timer() { wake.disarm(*this); }
    static void note(timer& fired) noexcept {
        auto& self = static_cast<noting_timer&>(fired);
        self.moments.push_back(self.time.now() - self.start);
        if (self.rounds-- > 0) self.wake.arm(self, self.time.now() + self.every);
    }
    manual_clock& time;
    timers& wake;
    instant start = time.now();
    std::vector<duration> moments;
    int rounds = 0;
    duration every{};
};

TEST(manual_timers, fires_each_timer_at_its_own_moment) {
    manual_clock time;
    manual_timers wakeups(time);
    noting_timer early(time, wakeups);
    noting_timer late(time, wakeups);
    wakeups.arm(late, time.now() + 3s);
    wakeups.arm(early, time.now() + 1s);
    EXPECT_EQ(wakeups.pending(), 2U);
    EXPECT_EQ(wakeups.next(), time.now() + 1s);
    EXPECT_EQ(wakeups.advance(10s), 2U);
    EXPECT_THAT(early.moments, ElementsAre(1s));
    EXPECT_THAT(late.moments, ElementsAre(3s));
    EXPECT_EQ(time.now() - early.start, 10s);
    EXPECT_FALSE(wakeups.next());
}

TEST(manual_timers, fires_at_exactly_the_moment_and_not_before) {
    manual_clock time;
    manual_timers wakeups(time);
    noting_timer one(time, wakeups);
    wakeups.arm(one, time.now() + 1s);
    EXPECT_EQ(wakeups.advance(1s - 1ns), 0U);
    EXPECT_EQ(wakeups.advance(1ns), 1U);
}

TEST(manual_timers, follows_a_timer_that_arms_itself_again) {
    manual_clock time;
    manual_timers wakeups(time);
    noting_timer ticking(time, wakeups);
    ticking.rounds = 2;
    ticking.every = 2s;
    wakeups.arm(ticking, time.now() + 1s);
    EXPECT_EQ(wakeups.advance(5s), 3U);
    EXPECT_THAT(ticking.moments, ElementsAre(1s, 3s, 5s));
}

TEST(manual_timers, run_due_leaves_the_clock_alone) {
    manual_clock time;
    manual_timers wakeups(time);
    noting_timer past(time, wakeups);
    noting_timer future(time, wakeups);
    wakeups.arm(past, time.now() - 1s);
    wakeups.arm(future, time.now() + 1s);
    EXPECT_EQ(wakeups.run_due(), 1U);
    EXPECT_THAT(past.moments, ElementsAre(0s));
    EXPECT_EQ(wakeups.pending(), 1U);
    wakeups.disarm(future);
    EXPECT_EQ(wakeups.advance(2s), 0U);
}

TEST(manual_timers, gives_up_on_a_timer_that_never_rests) {
    manual_clock time;
    manual_timers wakeups(time);
    noting_timer restless(time, wakeups);
    restless.rounds = 1'000'000'000;
    wakeups.arm(restless, time.now());
    EXPECT_THROW(wakeups.run_due(), std::logic_error);
}

TEST(manual_timers, lets_what_it_woke_settle_before_time_moves_on) {
    boost::asio::io_context loop;
    manual_clock time;
    manual_timers wakeups(time, [&loop] {
        loop.restart();
        loop.poll();
    });
    const instant start = time.now();
    std::vector<duration> moments;
    const auto walk = [&]() -> boost::asio::awaitable<void> {
        for (int step = 0; step < 3; ++step) {
            EXPECT_TRUE(co_await net::wait_until(wakeups, time.now() + 2s));
            moments.push_back(time.now() - start);
        }
    };
    boost::asio::co_spawn(loop, walk(), boost::asio::detached);
    wakeups.advance(7s);
    EXPECT_THAT(moments, ElementsAre(2s, 4s, 6s));
}

}  // namespace
}  // namespace symphony::testing
