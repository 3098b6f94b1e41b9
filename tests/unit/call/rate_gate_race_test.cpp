#include "call/rate_gate.hpp"
#include "fake_store.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/testing/fake_transport.hpp"
#include "symphony/testing/fixed_random.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace symphony {
namespace {

using namespace call_testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

/// One of several threads with a shard each. For the real clock: nothing here waits for time.
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

struct tally {
    std::atomic<int> granted{0};
    std::atomic<int> ended{0};
    std::atomic<int> others{0};
};

asio::awaitable<void> take_one(std::shared_ptr<rate_gate> gate, const shard& here, int number,
                               tally& seen, std::latch& done) {
    const instant now = here.time.now();
    rate_answer answer = gate->try_acquire(now, 1);
    if (answer.decision.what == rate_decision::verdict::queued ||
        answer.decision.what == rate_decision::verdict::refused) {
        const auto waiting = std::make_shared<queued_call>(gate, here);
        waiting->priority = static_cast<std::uint8_t>(number % 10);
        waiting->latest = now + 20s;
        answer = gate->enqueue(waiting, now);
        if (answer.decision.what == rate_decision::verdict::queued) {
            if (number % 7 == 0) waiting->end(queue_outcome::cancelled);
            const queue_outcome outcome = co_await waiting->wait();
            if (outcome == queue_outcome::granted) {
                answer.decision = {};
                answer.permit = waiting->answer().permit;
            } else {
                ++(outcome == queue_outcome::cancelled ? seen.ended : seen.others);
            }
        }
    }
    if (answer.decision.admitted()) {
        ++seen.granted;
        if (number % 5 == 0) gate->give_back(answer.permit, 1);
    } else if (answer.decision.what != rate_decision::verdict::queued) {
        ++seen.others;
    }
    done.count_down();
}

void race(std::uint64_t max, duration window, bool failing, store_failure how,
          bool reloads = false) {
    constexpr int threads = 4;
    constexpr int calls = 2000;
    const system_clock time;
    std::vector<std::unique_ptr<lane>> lanes;
    for (int i = 0; i < threads; ++i)
        lanes.push_back(std::make_unique<lane>(time));
    const shard& home = lanes.front()->here;
    const auto store = std::make_shared<fake_store>(home.executor, time, max, window);
    int asked = 0;
    store->on_claim = [&, on = store.get()](const rate_claim& what) -> result<rate_grant> {
        if (failing && ++asked % 100 == 0) {
            return fail(error_kind::store_unavailable, "no answer within 50ms");
        }
        return on->model.claim(time.now(), what);
    };
    rate_limit_options limit;
    limit.limits = {{max, window, 0}};
    limit.max_queue_size = 100'000;
    if (reloads) limit.max_queue_time = 3ms;
    rate_sharing_options sharing;
    sharing.on_store_failure = how;
    auto gate = rate_gate::make(
        limit, home, rate_sharing{sharing, "k", store, endpoint_events("t", "e", nullptr)});
    tally seen;
    std::latch done(calls);
    for (int i = 0; i < calls; ++i) {
        const lane& on = *lanes[static_cast<std::size_t>(i % threads)];
        asio::co_spawn(on.here.executor, take_one(gate, on.here, i, seen, done), asio::detached);
    }
    std::vector<std::thread> running;
    for (const auto& one : lanes)
        running.emplace_back([&loop = one->loop] { loop.run(); });
    for (int turn = 0; !done.try_wait(); ++turn) {
        (void)gate->look(time.now());
        (void)gate->queued();
        if (turn < 20) gate->pause(time.now() + 1us, time.now());
        if (reloads && turn % 8 == 0) {
            limit.limits[0].max = max + static_cast<std::uint64_t>(turn % 16);
            gate->reconfigure(limit, &sharing, time.now());
        }
        std::this_thread::yield();
    }
    EXPECT_EQ(gate->queued(), 0u);
    EXPECT_EQ(seen.granted + seen.ended + seen.others, calls);
    EXPECT_GT(seen.granted, 0);
    gate->close();
    gate.reset();
    for (const auto& one : lanes)
        one->loop.stop();
    for (std::thread& one : running)
        one.join();
}

TEST(rate_gate_race, under_leases_everybody_is_told_once) {
    race(20'000, 1s, false, store_failure::local);
}

TEST(rate_gate_race, under_single_claims_too) {
    race(200, 20ms, false, store_failure::local);
}

TEST(rate_gate_race, while_limits_change_and_time_in_the_queue_ends) {
    race(20'000, 1s, false, store_failure::local, true);
    race(200, 20ms, false, store_failure::local, true);
    race(2000, 100ms, true, store_failure::local, true);
}

TEST(rate_gate_race, while_the_store_comes_and_goes) {
    race(2000, 100ms, true, store_failure::local);
    race(2000, 100ms, true, store_failure::open);
    race(2000, 100ms, true, store_failure::closed);
}

}  // namespace
}  // namespace symphony
