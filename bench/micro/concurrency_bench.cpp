#include "allocations.hpp"
#include "symphony/policy/bulkhead.hpp"
#include "symphony/policy/gradient_limit.hpp"
#include "symphony/policy/hedge.hpp"

#include <benchmark/benchmark.h>

#include <deque>

namespace symphony {
namespace {

using namespace std::chrono_literals;

void bulkhead_permit_and_release(benchmark::State& state) {
    bulkhead slots(100, 100);
    const bench::count_allocations count(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(slots.try_acquire());
}
BENCHMARK(bulkhead_permit_and_release);

// The same by several threads at once.
void bulkhead_contended(benchmark::State& state) {
    static bulkhead slots(100, 100);
    for (auto _ : state)
        benchmark::DoNotOptimize(slots.try_acquire());
}
BENCHMARK(bulkhead_contended)->Threads(2)->UseRealTime();

void bulkhead_refusal(benchmark::State& state) {
    bulkhead slots(1);
    const bulkhead_permit held = slots.try_acquire();
    const bench::count_allocations count(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(slots.try_acquire());
}
BENCHMARK(bulkhead_refusal);

// A call that waits behind as many others as given, and a release that grants the next.
void bulkhead_queue(benchmark::State& state) {
    bulkhead slots(1, 1'000'000);
    std::deque<bulkhead_waiter> ring;
    const auto waiting = static_cast<std::size_t>(state.range(0));
    bulkhead_permit held = slots.try_acquire();
    for (std::size_t i = 0; i <= waiting; ++i)
        ring.emplace_back([](bulkhead_waiter&) noexcept {});
    for (std::size_t i = 0; i < waiting; ++i)
        (void)slots.acquire(ring[i]);
    std::size_t next = waiting;
    const bench::count_allocations count(state);
    for (auto _ : state) {
        (void)slots.acquire(ring[next]);
        held.release();
        next = next == waiting ? 0 : next + 1;
        held = std::move(ring[next].permit);
    }
    for (bulkhead_waiter& w : ring)
        slots.cancel(w);
}
BENCHMARK(bulkhead_queue)->Arg(1)->Arg(100)->Arg(100'000);

void gradient_limit_sample(benchmark::State& state) {
    gradient_limit limit({});
    instant now(1h);
    const bench::count_allocations count(state);
    for (auto _ : state) {
        now += 1ms;
        benchmark::DoNotOptimize(limit.on_answer(now - 50ms, now, 20));
    }
}
BENCHMARK(gradient_limit_sample);

void hedge_record_and_delay(benchmark::State& state) {
    hedge_timing timing({});
    duration latency = 10ms;
    const bench::count_allocations count(state);
    for (auto _ : state) {
        latency = latency < 50ms ? latency + 37us : 10ms;
        timing.record(latency);
        benchmark::DoNotOptimize(timing.delay());
    }
}
BENCHMARK(hedge_record_and_delay);

}  // namespace
}  // namespace symphony
