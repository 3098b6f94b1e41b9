#include "symphony/net/asio_timers.hpp"

#include "symphony/core/random.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <boost/asio/io_context.hpp>
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

}  // namespace
}  // namespace symphony::net
