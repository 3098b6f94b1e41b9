#include "allocations.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/core/json.hpp"
#include "symphony/core/random.hpp"
#include "symphony/core/timer_wheel.hpp"
#include "symphony/core/url.hpp"

#include <benchmark/benchmark.h>

#include <deque>
#include <utility>
#include <vector>

namespace symphony {
namespace {

void clock_read(benchmark::State& state) {
    const system_clock time;
    const clock& injected = time;
    const bench::count_allocations count(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(injected.now());
}
BENCHMARK(clock_read);

void url_parse(benchmark::State& state) {
    const bench::count_allocations count(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(url::parse("https://api.service.com/v2/orders?limit=10"));
    }
}
BENCHMARK(url_parse);

void url_join_target(benchmark::State& state) {
    const url base = *url::parse("https://api.service.com/v2?key=1");
    const bench::count_allocations count(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(join_target(base, "orders/42/items", "limit=10&sort=asc"));
    }
}
BENCHMARK(url_join_target);

constexpr const char* order = R"({"id":42,"customer":{"name":"Ada","tags":["new","eu"]},
    "lines":[{"sku":"a-1","quantity":2,"price":9.99},{"sku":"b-2","quantity":1,"price":120.5}],
    "paid":true,"note":null})";

void json_parse(benchmark::State& state) {
    const bench::count_allocations count(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(json::parse(order));
}
BENCHMARK(json_parse);

void json_dump(benchmark::State& state) {
    const json value = *json::parse(order);
    const bench::count_allocations count(state);
    for (auto _ : state)
        benchmark::DoNotOptimize(value.dump());
}
BENCHMARK(json_dump);

// A deadline that is set and taken back among 10 000 others: what every call does.
void timer_wheel_arm_disarm(benchmark::State& state) {
    std::deque<timer> others;
    timer mine([](timer&) noexcept {});
    timer_wheel wheel;
    for (int i = 0; i < 10'000; ++i) {
        wheel.arm(others.emplace_back([](timer&) noexcept {}),
                  instant(duration(i * 7919 % 10'007)));
    }
    wheel.arm(mine, instant(duration(20'000)));
    wheel.disarm(mine);
    const bench::count_allocations count(state);
    for (auto _ : state) {
        wheel.arm(mine, instant(duration(20'000)));
        wheel.disarm(mine);
    }
    wheel.disarm(mine);
}
BENCHMARK(timer_wheel_arm_disarm);

// Starting and cancelling each of so many that are pending, in random order of moments and of
// cancelling: what one costs must not grow with their number, but for the caches.
void timer_wheel_many(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    std::deque<timer> all;
    std::vector<timer*> order;
    fast_random random;
    for (std::size_t i = 0; i < count; ++i)
        order.push_back(&all.emplace_back([](timer&) noexcept {}));
    for (std::size_t left = count; left > 1; --left)
        std::swap(order[left - 1], order[random.next() % left]);
    timer_wheel wheel;
    for (auto _ : state) {
        for (timer& one : all)
            wheel.arm(one, instant(duration(random.next() % 60'000'000'000)));
        for (timer* const one : order)
            wheel.disarm(*one);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(timer_wheel_many)->Arg(1'000)->Arg(1'000'000);

// Firing each of so many, a millisecond at a time, as a loop that keeps up would.
void timer_wheel_fire(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    std::deque<timer> all;
    for (std::size_t i = 0; i < count; ++i)
        all.emplace_back([](timer&) noexcept {});
    fast_random random;
    timer_wheel wheel;
    instant now{};
    for (auto _ : state) {
        state.PauseTiming();
        for (timer& one : all)
            wheel.arm(one, now + duration(random.next() % 60'000'000'000));
        state.ResumeTiming();
        for (int ms = 0; ms < 60'000; ++ms)
            wheel.expire(now += std::chrono::milliseconds(1));
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(timer_wheel_fire)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace symphony
