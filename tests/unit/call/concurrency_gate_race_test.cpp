#include "call/concurrency_gate.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/testing/fake_transport.hpp"
#include "symphony/testing/fixed_random.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

// Calls of several shards meet at one gate: each is told once, and resumed on its own thread.

namespace symphony {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

struct lane {
    explicit lane(const clock& time)
        : wakeups(loop.get_executor(), time),
          transport(time, wakeups),
          here{loop.get_executor(), time, wakeups, transport, random},
          busy(loop.get_executor()) {}

    asio::io_context loop{1};
    net::asio_timers wakeups;
    symphony::testing::fake_transport transport;
    symphony::testing::fixed_random random{1};
    shard here;
    asio::executor_work_guard<asio::io_context::executor_type> busy;
};

struct seen {
    std::atomic<int> inside{0};
    std::atomic<int> too_many{0};
    std::atomic<int> elsewhere{0};
    std::atomic<int> granted{0};
    std::atomic<int> refused{0};
    std::atomic<int> gave_up{0};
};

constexpr int most = 4;

asio::awaitable<void> take_one(std::shared_ptr<concurrency_gate> gate, const lane& on, int number,
                               seen& all, std::latch& done) {
    const auto executor = on.here.executor;
    bulkhead_permit permit = gate->try_acquire();
    if (!permit.held()) {
        const auto waiting = std::make_shared<parked_slot>(gate, on.here);
        waiting->priority = static_cast<std::uint8_t>(number % 10);
        waiting->give_up_at(on.here.time.now() + (number % 11 == 0 ? duration(1us) : 20s));
        const auto said = gate->enqueue(waiting);
        if (said == bulkhead::verdict::queued) {
            if (number % 7 == 0) waiting->end(queue_outcome::cancelled);
            const std::thread::id here = std::this_thread::get_id();
            if (co_await waiting->wait() == queue_outcome::granted) {
                permit = std::move(waiting->permit);
            } else {
                ++all.gave_up;
            }
            if (std::this_thread::get_id() != here) ++all.elsewhere;
        } else if (said == bulkhead::verdict::admitted) {
            permit = std::move(waiting->permit);
        } else {
            ++all.refused;
        }
    }
    if (permit.held()) {
        ++all.granted;
        if (++all.inside > most) ++all.too_many;
        co_await asio::post(executor, asio::use_awaitable);
        --all.inside;
        permit.release();
    }
    done.count_down();
}

TEST(concurrency_gate_race, everybody_is_told_once_and_on_its_own_thread) {
    constexpr int threads = 4;
    constexpr int calls = 8000;
    const system_clock time;
    std::vector<std::unique_ptr<lane>> lanes;
    for (int i = 0; i < threads; ++i)
        lanes.push_back(std::make_unique<lane>(time));
    concurrency_options options{.max = most, .max_queue_size = 5000};
    const auto gate = std::make_shared<concurrency_gate>(options);
    seen all;
    std::latch done(calls);
    for (int i = 0; i < calls; ++i) {
        const lane& on = *lanes[static_cast<std::size_t>(i % threads)];
        asio::co_spawn(on.here.executor, take_one(gate, on, i, all, done), asio::detached);
    }
    std::vector<std::thread> running;
    for (const auto& one : lanes)
        running.emplace_back([&loop = one->loop] { loop.run(); });
    for (std::uint32_t turn = 0; !done.try_wait(); ++turn) {
        options.max = 1 + turn % most;
        gate->reconfigure(options);
        (void)gate->look();
        std::this_thread::yield();
    }
    EXPECT_EQ(all.granted + all.refused + all.gave_up, calls);
    EXPECT_GT(all.granted, 0);
    EXPECT_EQ(all.too_many, 0);
    EXPECT_EQ(all.elsewhere, 0);
    EXPECT_EQ(gate->look().in_flight, 0u);
    EXPECT_EQ(gate->look().queued, 0u);
    for (const auto& one : lanes)
        one->loop.stop();
    for (std::thread& one : running)
        one.join();
}

}  // namespace
}  // namespace symphony
