// The order of priorities and turns where costs differ, by many random histories.
#include "shared_queue_town.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;

class shared_queue_histories_test : public call_testing::queue_town {
protected:
    // As their owners would.
    void leave_when_late() {
        for (const auto& in : processes) {
            for (const caller& one : in->callers) {
                if (!one->granted && !one->refused && one->latest < now()) leave(*in, one);
            }
        }
    }
    void advance(rate_limiter& local, duration length) {
        for (const instant end = now() + length;;) {
            const instant due = local.next_poll(now()).value_or(end);
            run(std::clamp(due, now(), end) - now());
            (void)local.poll(now());
            if (now() == end) return;
        }
    }
};

using turns = std::vector<std::size_t>;

// As the limiter of one process does it, for the same calls at the same moments.
TEST_F(shared_queue_histories_test, a_process_alone_keeps_the_order_of_a_local_limiter) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::minstd_rand random(seed);
        const auto dice = [&](unsigned sides) { return static_cast<unsigned>(random()) % sides; };
        processes.clear();
        store.emplace(clock);
        limit(5 + dice(10), 1010ms);  // moments lie between those of the steps
        process& in = join();
        rate_limiter local(options);
        static turns order;
        struct local_waiter final : rate_waiter {
            explicit local_waiter(std::size_t n)
                : rate_waiter([](rate_waiter& of) noexcept {
                      order.push_back(static_cast<local_waiter&>(of).number);
                  }),
                  number(n) {}
            std::size_t number;
        };
        order.clear();
        std::vector<std::unique_ptr<local_waiter>> waiters;
        for (int step = 0; step < 80; ++step) {
            for (unsigned n = dice(3); n > 0; --n) {
                auto& made = *waiters.emplace_back(std::make_unique<local_waiter>(waiters.size()));
                made.cost = 1 + dice(4);
                made.priority = static_cast<std::uint8_t>(dice(3));
                if (local.acquire(now(), made).admitted()) order.push_back(made.number);
                arrive(in, made.cost, made.priority);
                advance(local, 2ms);
            }
            if (dice(4) == 0 && !waiters.empty()) {
                const unsigned who = dice(static_cast<unsigned>(waiters.size()));
                if (local.cancel(*waiters[who], now())) leave(in, in.callers[who]);
            }
            advance(local, 50ms - now().time_since_epoch() % 50ms);
        }
        advance(local, 60s);
        ASSERT_EQ(order_of(in), order) << "seed " << seed;
        ASSERT_EQ(in.queue.size(), 0u);
        expect_no_window_above(options.limits[0].max, 1010ms - 1ms);
        run(5s);
        ASSERT_EQ(free_in_store(in), options.limits[0].max) << "seed " << seed;
    }
}

// Whatever happens in whatever order: everybody is told once and in time, no more have a place than
// may, no window holds more than the limit, and in the end nothing is used.
TEST_F(shared_queue_histories_test, random_calls_of_several_processes) {
    for (unsigned seed = 0; seed < 400; ++seed) {
        std::minstd_rand random(seed);
        const auto dice = [&](unsigned sides) { return static_cast<unsigned>(random()) % sides; };
        processes.clear();
        store.emplace(clock);
        const std::uint64_t max = 4 + dice(10);
        options.max_queue_size = dice(3) == 0 ? 2 + dice(8) : 1000;
        limit(max, 1s);
        for (unsigned n = 1 + dice(3); n > 0; --n) {
            process& in = join();
            in.way = 1us * (100 + dice(30'000));
            if (dice(2) == 0) in.way_back = [&, &in = in] { return in.way + 1us * dice(30'000); };
        }
        for (int step = 0; step < 200; ++step) {
            process& in = *processes[dice(static_cast<unsigned>(processes.size()))];
            for (unsigned n = dice(3); n > 0; --n) {
                const instant latest = dice(3) == 0 ? now() + 1ms * dice(3000) : instant::max();
                arrive(in, 1 + dice(4), static_cast<std::uint8_t>(dice(3)), latest);
                run(1ms * dice(10));
            }
            if (dice(4) == 0 && !in.callers.empty()) {
                const caller who = in.callers[dice(static_cast<unsigned>(in.callers.size()))];
                if (!who->granted && !who->refused) leave(in, who);
            }
            if (dice(40) == 0) pause(in, 1ms * dice(1000));
            run(1ms * dice(100));
            leave_when_late();
            const auto placed = std::ranges::count_if(in.callers, [](const caller& one) {
                return one->placed && !one->granted && !one->refused;
            });
            ASSERT_LE(static_cast<std::size_t>(placed), options.max_queue_size) << "seed " << seed;
        }
        for (int i = 0; i < 300; ++i) {
            run(1s);
            leave_when_late();
        }
        for (const auto& in : processes) {
            for (const caller& one : in->callers)
                ASSERT_TRUE(one->granted || one->refused) << "seed " << seed;
            EXPECT_EQ(in->queue.size(), 0u) << "seed " << seed;
            EXPECT_FALSE(in->queue.next(now())) << "seed " << seed;
        }
        EXPECT_EQ(free_in_store(*processes[0]), max) << "seed " << seed;
        expect_no_window_above(max, 1s - 91ms);  // used up to a trip later than charged
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace symphony
