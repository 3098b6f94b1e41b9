#pragma once

#include "symphony/core/time.hpp"
#include "symphony/telemetry/tally.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace symphony {

/// A histogram of durations over fixed bounds (seconds): OpenTelemetry's recommended bounds for
/// HTTP durations. One thread observes, any thread looks. No allocation.
class histogram {
public:
    static constexpr std::array<double, 14> bounds{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                                   0.5,   0.75, 1.0,   2.5,  5.0,   7.5, 10.0};

    void observe(duration value) noexcept;

    struct view {
        std::array<std::uint64_t, bounds.size() + 1> counts{};  ///< per bucket, not cumulative
        std::uint64_t total = 0;
        double sum_seconds = 0;

        view& operator+=(const view& other) noexcept;
    };
    [[nodiscard]] view look() const noexcept;

private:
    std::array<tally, bounds.size() + 1> counts_{};
    tally sum_ns_;
};

}  // namespace symphony
