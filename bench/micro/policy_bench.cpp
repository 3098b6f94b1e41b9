#include "allocations.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/policy/circuit_breaker.hpp"
#include "symphony/policy/rate_limiter.hpp"
#include "symphony/policy/retry.hpp"
#include "two_levels.hpp"

#include <benchmark/benchmark.h>

#include <deque>

namespace symphony {
namespace {

using namespace std::chrono_literals;

// The clock is read; time is also moved on by 1 ms an operation, so that every one is admitted and
// the windows turn over all the time.
void limiter_admit(benchmark::State& state, rate_strategy strategy) {
    rate_limiter limiter(bench::two_levels(strategy, 1500));
    const system_clock time;
    const clock& injected = time;
    duration shift{};
    for (int i = 0; i < 200'000; ++i)
        (void)limiter.try_acquire(injected.now() + (shift += 1ms));
    const bench::count_allocations count(state);
    std::uint64_t refused = 0;
    for (auto _ : state) {
        const auto decision = limiter.try_acquire(injected.now() + (shift += 1ms));
        refused += decision.admitted() ? 0 : 1;
    }
    if (refused > 0) state.SkipWithError("every operation was to be admitted");
}
BENCHMARK_CAPTURE(limiter_admit, sliding_window, rate_strategy::sliding_window);
BENCHMARK_CAPTURE(limiter_admit, token_bucket, rate_strategy::token_bucket);
BENCHMARK_CAPTURE(limiter_admit, leaky_bucket, rate_strategy::leaky_bucket);

void limiter_refuse(benchmark::State& state, rate_strategy strategy) {
    rate_limit_options options;
    options.limits = {{1, 24h, 0}, {1, 48h, 0}};
    options.strategy = strategy;
    rate_limiter limiter(options);
    const system_clock time;
    const clock& injected = time;
    (void)limiter.try_acquire(injected.now());
    const bench::count_allocations count(state);
    std::uint64_t admitted = 0;
    for (auto _ : state)
        admitted += limiter.try_acquire(injected.now()).admitted() ? 1 : 0;
    if (admitted > 0) state.SkipWithError("every operation was to be refused");
}
BENCHMARK_CAPTURE(limiter_refuse, sliding_window, rate_strategy::sliding_window);
BENCHMARK_CAPTURE(limiter_refuse, token_bucket, rate_strategy::token_bucket);
BENCHMARK_CAPTURE(limiter_refuse, leaky_bucket, rate_strategy::leaky_bucket);

// A call that waits, is granted and leaves, behind as many others as given.
void limiter_queue(benchmark::State& state) {
    rate_limiter limiter(bench::two_levels(rate_strategy::sliding_window, 1000));
    instant now(1h);
    (void)limiter.try_acquire(now, 1000);
    const auto granted = [](rate_waiter&) noexcept {};
    std::deque<rate_waiter> ring;
    const auto waiting = static_cast<std::size_t>(state.range(0));
    for (std::size_t i = 0; i <= waiting; ++i)
        ring.emplace_back(granted).latest = now + 1000h;
    for (std::size_t i = 0; i < waiting; ++i)
        (void)limiter.acquire(now, ring[i]);
    std::size_t next = waiting;
    const bench::count_allocations count(state);
    for (auto _ : state) {
        ring[next].latest = now + 30s;
        benchmark::DoNotOptimize(limiter.acquire(now, ring[next]));
        now += 1ms;
        (void)limiter.poll(now);
        next = next == waiting ? 0 : next + 1;
        if (ring[next].queued) {
            now += 1s;
            (void)limiter.poll(now);
        }
    }
    for (rate_waiter& w : ring)
        limiter.cancel(w, now);
}
BENCHMARK(limiter_queue)->Arg(1)->Arg(100)->Arg(900);

// Overload: the queue is full and everybody else is turned away.
void limiter_queue_full(benchmark::State& state) {
    rate_limiter limiter(bench::two_levels(rate_strategy::sliding_window, 1000));
    const system_clock time;
    const clock& injected = time;
    const instant now = injected.now();
    limiter.pause(now + 1h, now);
    std::deque<rate_waiter> waiting;
    for (int i = 0; i < 1000; ++i) {
        (void)limiter.acquire(now, waiting.emplace_back([](rate_waiter&) noexcept {}));
    }
    rate_waiter newcomer([](rate_waiter&) noexcept {});
    const bench::count_allocations count(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(limiter.acquire(injected.now(), newcomer));
    for (rate_waiter& w : waiting)
        limiter.cancel(w, now);
}
BENCHMARK(limiter_queue_full);

void breaker_permit_and_record(benchmark::State& state, circuit_breaker_options options) {
    circuit_breaker breaker(options);
    instant now(1h);
    const bench::count_allocations count(state);
    for (auto _ : state) {
        now += 1us;
        auto permit = breaker.try_acquire(now);
        permit->success(now);
    }
}
BENCHMARK_CAPTURE(breaker_permit_and_record, defaults, circuit_breaker_options{});
BENCHMARK_CAPTURE(breaker_permit_and_record, share_and_latency,
                  circuit_breaker_options{.failure_rate = 0.5, .latency_threshold = 1s});

// Both threads without a pause, each by its own hand of the clock.
void breaker_two_threads(benchmark::State& state) {
    static circuit_breaker breaker{circuit_breaker_options{}};
    instant now(1h);
    for (auto _ : state) {
        now += 1us;
        auto permit = breaker.try_acquire(now, instant::max());
        permit->success(now);
    }
}
BENCHMARK(breaker_two_threads)->Threads(2)->UseRealTime();

void breaker_refusal(benchmark::State& state) {
    circuit_breaker breaker({.failure_threshold = 1, .reset_timeout = 24h * 300});
    instant now(1h);
    breaker.try_acquire(now)->failure(now);
    const bench::count_allocations count(state);
    for (auto _ : state) {
        now += 1us;
        benchmark::DoNotOptimize(breaker.try_acquire(now));
    }
}
BENCHMARK(breaker_refusal);

void breaker_look(benchmark::State& state) {
    const circuit_breaker breaker(circuit_breaker_options{});
    const instant now(1h);
    const bench::count_allocations count(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(breaker.look(now));
}
BENCHMARK(breaker_look);

void breaker_ask(benchmark::State& state) {
    circuit_breaker breaker(circuit_breaker_options{});
    const instant now(1h);
    circuit_turn turn;
    const bench::count_allocations count(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(breaker.ask(now, turn));
}
BENCHMARK(breaker_ask);

void retry_decision(benchmark::State& state) {
    fast_random random(1);
    const instant now(1h);
    const deadline until(now + 30s);
    const retry_timing timing;
    const bench::count_allocations count(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(next_retry(timing, 2, 0ns, now, until, random));
    }
}
BENCHMARK(retry_decision);

void retry_budget_success(benchmark::State& state) {
    retry_budget budget;
    const bench::count_allocations count(state);
    for (auto _ : state)
        budget.on_success();
}
BENCHMARK(retry_budget_success);

}  // namespace
}  // namespace symphony
