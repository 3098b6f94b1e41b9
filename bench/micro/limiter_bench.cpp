// The local limiter as the goals are stated: one decision of two levels with `now` at hand, two
// threads on one limiter, 100 000 limiters in turn, and queues of up to 100 000 waiters.
#include "allocations.hpp"
#include "symphony/policy/rate_limiter.hpp"
#include "two_levels.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <deque>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;

constexpr auto sliding = rate_strategy::sliding_window;
constexpr auto token = rate_strategy::token_bucket;
constexpr auto leaky = rate_strategy::leaky_bucket;

void admit(benchmark::State& state, rate_strategy strategy) {
    rate_limiter limiter(bench::two_levels(strategy, 1500));
    instant now(1h);
    for (int i = 0; i < 200'000; ++i)
        (void)limiter.try_acquire(now += 1ms);
    const bench::count_allocations count(state);
    std::uint64_t refused = 0;
    for (auto _ : state)
        refused += limiter.try_acquire(now += 1ms).admitted() ? 0 : 1;
    if (refused > 0) state.SkipWithError("every operation was to be admitted");
}
BENCHMARK_CAPTURE(admit, sliding_window, sliding);
BENCHMARK_CAPTURE(admit, token_bucket, token);
BENCHMARK_CAPTURE(admit, leaky_bucket, leaky);

// Wall time of one thread's decision while the other makes as many, without a pause between them.
void admit_two_threads(benchmark::State& state, rate_strategy strategy) {
    constexpr int each = 200'000;
    rate_limiter limiter(bench::two_levels(strategy, 1500));
    instant base(1h);
    for (int i = 0; i < 200'000; ++i)
        (void)limiter.try_acquire(base += 1ms);
    for (auto _ : state) {
        std::barrier ready(2);
        const auto work = [&] {
            instant now = base;
            ready.arrive_and_wait();
            for (int i = 0; i < each; ++i)
                benchmark::DoNotOptimize(limiter.try_acquire(now += 2ms));
        };
        std::thread other(work);
        ready.arrive_and_drop();
        instant now = base;
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < each; ++i)
            benchmark::DoNotOptimize(limiter.try_acquire(now += 2ms));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        other.join();
        base += each * 2ms;
        state.SetIterationTime(took.count() / each);
    }
}
BENCHMARK_CAPTURE(admit_two_threads, sliding_window, sliding)->UseManualTime()->Iterations(20);
BENCHMARK_CAPTURE(admit_two_threads, token_bucket, token)->UseManualTime()->Iterations(20);
BENCHMARK_CAPTURE(admit_two_threads, leaky_bucket, leaky)->UseManualTime()->Iterations(20);

// A limiter for each of so many keys, used in turn (0) or in no order (1), where each decision
// finds cold memory. `bytes` is what one holds after two admissions, by its own count.
void admit_among_keys(benchmark::State& state, rate_strategy strategy) {
    const auto keys = static_cast<std::size_t>(state.range(0));
    std::deque<rate_limiter> all;
    for (std::size_t i = 0; i < keys; ++i)
        all.emplace_back(bench::two_levels(strategy, 100));
    std::vector<std::uint32_t> order(std::max<std::size_t>(keys, 1 << 16));
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<std::uint32_t>(i % keys);
    if (state.range(1) != 0) std::shuffle(order.begin(), order.end(), std::minstd_rand(1));
    instant now(1h);
    std::size_t bytes = 0;
    for (rate_limiter& limiter : all) {
        (void)limiter.try_acquire(now);
        (void)limiter.try_acquire(now);
        bytes += limiter.memory();
    }
    std::size_t next = 0;
    // Each key is used every 30 s whatever their number, so that logs are as full. In nanoseconds:
    // whole seconds divided by so many keys would be none.
    const duration step = duration(30s) / static_cast<std::int64_t>(keys);
    now += 1min;
    std::uint64_t refused = 0;
    for (auto _ : state) {
        refused += all[order[next]].try_acquire(now += step).admitted() ? 0 : 1;
        if (++next == order.size()) next = 0;
    }
    if (refused > 0) state.SkipWithError("every operation was to be admitted");
    state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(keys);
}
BENCHMARK_CAPTURE(admit_among_keys, sliding_window, sliding)->ArgsProduct({{1, 100'000}, {0, 1}});
BENCHMARK_CAPTURE(admit_among_keys, token_bucket, token)->ArgsProduct({{1, 100'000}, {0, 1}});
BENCHMARK_CAPTURE(admit_among_keys, leaky_bucket, leaky)->ArgsProduct({{1, 100'000}, {0, 1}});

// What a decision among keys in no order waits for: one read from as much memory, where each says
// which is the next.
void read_among_keys(benchmark::State& state) {
    struct alignas(256) key {
        std::uint32_t next;
    };
    std::vector<std::uint32_t> order(static_cast<std::size_t>(state.range(0)));
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), std::minstd_rand(1));
    std::vector<key> all(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        all[order[i]].next = order[(i + 1) % order.size()];
    std::uint32_t at = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(at = all[at].next);
}
BENCHMARK(read_among_keys)->Arg(100'000);

// A queue that stays as long as given: what one more, one less and one served cost.
struct full_queue {
    explicit full_queue(std::size_t waiting, rate_strategy strategy) : limiter(options(strategy)) {
        (void)limiter.try_acquire(now, strategy == leaky ? 1 : 1000);
        for (std::size_t i = 0; i < waiting; ++i)
            enqueue();
    }
    ~full_queue() {
        for (rate_waiter& w : waiters)
            limiter.cancel(w, now);
    }
    static rate_limit_options options(rate_strategy strategy) {
        rate_limit_options made = bench::two_levels(strategy, 1000);
        made.max_queue_size = 1'000'000;
        return made;
    }
    rate_waiter& enqueue() {
        rate_waiter& added = waiters.emplace_back([](rate_waiter&) noexcept {});
        if (limiter.acquire(now, added).what != rate_decision::verdict::queued) std::abort();
        return added;
    }
    void take_one(benchmark::State& state) {
        const std::size_t before = limiter.queued();
        while (limiter.queued() == before) {
            now = std::max(now, *limiter.next_poll(now)) + 20us;  // as late as a thread may be
            (void)limiter.poll(now);
        }
        if (limiter.queued() + 1 != before) state.SkipWithError("one was to be served");
    }

    instant now{1h};
    rate_limiter limiter;
    std::deque<rate_waiter> waiters;
};

// Enqueued at the end and cancelled in the middle: both disturb what was foretold.
void queue_enqueue_cancel(benchmark::State& state) {
    full_queue q(static_cast<std::size_t>(state.range(0)), sliding);
    std::size_t victim = q.waiters.size() / 2;
    for (auto _ : state) {
        q.enqueue();
        if (!q.limiter.cancel(q.waiters[victim++], q.now)) state.SkipWithError("it was to wait");
        if (victim + 1 >= q.waiters.size()) victim = q.waiters.size() - 2;
    }
}
BENCHMARK(queue_enqueue_cancel)->RangeMultiplier(10)->Range(100, 100'000);

// One is served, late by 20 us, and one comes.
void queue_admit_enqueue(benchmark::State& state) {
    full_queue q(static_cast<std::size_t>(state.range(0)), leaky);
    for (auto _ : state) {
        q.take_one(state);
        q.enqueue();
        q.waiters.pop_front();
    }
}
BENCHMARK(queue_admit_enqueue)->RangeMultiplier(10)->Range(100, 100'000);

}  // namespace
}  // namespace symphony
