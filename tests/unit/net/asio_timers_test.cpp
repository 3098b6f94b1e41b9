#include "symphony/net/asio_timers.hpp"

#include "symphony/core/clock.hpp"
#include "symphony/core/random.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <deque>
#include <numeric>
#include <utility>
#include <vector>

namespace symphony::net {
namespace {

using namespace std::chrono_literals;

int fired = 0;

TEST(asio_timers, a_million_pending_ones_come_and_go_without_a_wake_up) {
    constexpr std::size_t count = 1'000'000;
    boost::asio::io_context loop{1};
    testing::manual_clock time;
    asio_timers wakeups(loop.get_executor(), time);
    fast_random random;
    std::deque<timer> all;
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    fired = 0;
    for (std::size_t i = 0; i < count; ++i) {
        timer& one = all.emplace_back([](timer&) noexcept { ++fired; });
        const duration ahead(static_cast<std::int64_t>(random.next() % 60'000'000'000U));
        wakeups.arm(one, time.now() + 1h + ahead);
        std::swap(order[i], order[random.next() % (i + 1)]);
    }
    EXPECT_LE(loop.poll(), 100U) << "only a new earliest one moves the timer of the system";
    EXPECT_EQ(fired, 0);
    for (std::size_t i = 0; i + 1 < count; ++i)
        wakeups.disarm(all[order[i]]);
    timer& last = all[order.back()];
    EXPECT_TRUE(last.armed());
    time.advance(30min);  // before any that was set
    wakeups.arm(last, time.now());
    loop.restart();
    while (last.armed())
        loop.run_one();
    EXPECT_EQ(fired, 1);
}

// One that sets itself again and again, and notes what it finds.
struct steps : timer {
    steps(asio_timers& wakeups, const clock& time, duration every)
        : timer([](timer& t) noexcept { static_cast<steps&>(t).step(); }),
          on(wakeups),
          of(time),
          apart(every) {
        prompt = true;
    }
    void step() noexcept {
        early = early || of.now() < at;
        if (--left > 0) on.arm(*this, of.now() + apart);
    }

    asio_timers& on;
    const clock& of;
    duration apart;
    int left = 100;
    bool early = false;
};

TEST(asio_timers, a_prompt_one_is_never_early_and_keeps_nobody_from_running) {
    boost::asio::io_context loop{1};
    const system_clock time;
    asio_timers wakeups(loop.get_executor(), time);
    for (const duration apart : {duration(1us), duration(100us), duration(1ms)}) {
        steps prompt(wakeups, time, apart);
        steps other(wakeups, time, apart * 2);
        other.prompt = false;
        other.left = 20;
        wakeups.arm(prompt, time.now() + apart);
        wakeups.arm(other, time.now());
        bool others_run = false;
        boost::asio::post(loop, [&] { boost::asio::post(loop, [&] { others_run = true; }); });
        while (prompt.left > 0 || other.left > 0)
            loop.run_one();
        EXPECT_FALSE(prompt.early || other.early);
        EXPECT_FALSE(prompt.armed() || other.armed());
        loop.poll();
        loop.restart();
        EXPECT_TRUE(others_run);
    }
}

// Driven by hand, so that a wake-up counts as late and the thread sets out early from then on.
struct taught_timers : ::testing::Test {
    void SetUp() override {
        fired = 0;
        timer late([](timer&) noexcept { ++fired; });
        wakeups.arm(late, time.now() + 1us);
        time.advance(1s);
        while (late.armed())
            loop.run_one();
        loop.restart();
        prompt.prompt = true;
        wakeups.arm(prompt, time.now() + 90us);
    }
    void TearDown() override { wakeups.disarm(prompt); }

    boost::asio::io_context loop{1};
    testing::manual_clock time;
    asio_timers wakeups{loop.get_executor(), time};
    timer prompt{[](timer&) noexcept { ++fired; }};
};

TEST_F(taught_timers, go_round_for_a_prompt_one_instead_of_sleeping) {
    time.advance(90us);
    EXPECT_EQ(loop.poll_one(), 1U);
    EXPECT_EQ(fired, 2);
}

TEST_F(taught_timers, do_not_go_round_for_a_clock_that_stands_still) {
    EXPECT_LT(loop.poll(), 100U);
    EXPECT_EQ(fired, 1);
    time.advance(90us);
    while (prompt.armed())
        loop.run_one();
    EXPECT_EQ(fired, 2);
}

TEST(asio_timers, may_be_stopped_by_one_of_them) {
    struct stopping : timer {
        explicit stopping(asio_timers& all)
            : timer([](timer& t) noexcept { static_cast<stopping&>(t).of.stop(); }), of(all) {}
        asio_timers& of;
    };
    boost::asio::io_context loop{1};
    const testing::manual_clock time;
    asio_timers wakeups(loop.get_executor(), time);
    stopping first(wakeups);
    timer second([](timer&) noexcept { ++fired; });
    timer prompt([](timer&) noexcept { ++fired; });
    prompt.prompt = true;
    fired = 0;
    wakeups.arm(first, time.now());
    wakeups.arm(second, time.now());
    wakeups.arm(prompt, time.now());
    while (first.armed())
        loop.run_one();
    loop.poll();
    EXPECT_EQ(fired, 0);
    EXPECT_FALSE(second.armed() || prompt.armed());
}

TEST(asio_timers, a_prompt_one_may_go_while_it_is_waited_for) {
    boost::asio::io_context loop{1};
    const system_clock time;
    timer prompt([](timer&) noexcept { ++fired; });
    prompt.prompt = true;
    fired = 0;
    {
        asio_timers wakeups(loop.get_executor(), time);
        wakeups.arm(prompt, time.now());
        wakeups.disarm(prompt);
        wakeups.arm(prompt, time.now());
    }
    EXPECT_FALSE(prompt.armed());
    loop.poll();
    EXPECT_EQ(fired, 0);
}

}  // namespace
}  // namespace symphony::net
