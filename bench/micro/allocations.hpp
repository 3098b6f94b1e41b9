#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace symphony::bench {

/// Calls of `operator new` in this program so far.
[[nodiscard]] std::uint64_t allocations() noexcept;

/// Puts the allocations of one iteration into the report as the counter `allocs`.
class count_allocations {
public:
    explicit count_allocations(benchmark::State& state) : state_(state), before_(allocations()) {}
    count_allocations(const count_allocations&) = delete;
    count_allocations& operator=(const count_allocations&) = delete;
    ~count_allocations() {
        const auto made = static_cast<double>(allocations() - before_);
        state_.counters["allocs"] =
            benchmark::Counter(made / static_cast<double>(state_.iterations()));
    }

private:
    benchmark::State& state_;
    std::uint64_t before_;
};

}  // namespace symphony::bench
