#pragma once

#include "symphony/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace symphony {

/// A quantile of the latest latencies: a histogram with 16 buckets an octave (as HdrHistogram;
/// Masson, Rim & Lee, "DDSketch", VLDB 2019, on the bound of the relative error), whose counts are
/// halved whenever there are 1000, so that what is older weighs less and less. The estimate is the
/// upper end of its bucket: never below the quantile, at most 6.25 % above it (and 1 µs). From 1 µs
/// to a day.
///
/// Thread-safe; recording is O(1), one look at all buckets in 20 calls included, and allocates
/// nothing.
class latency_estimate {
public:
    /// `quantile` in (0, 1); else std::invalid_argument.
    explicit latency_estimate(double quantile);
    ~latency_estimate();
    latency_estimate(const latency_estimate&) = delete;
    latency_estimate& operator=(const latency_estimate&) = delete;

    void record(duration latency) noexcept;
    /// Nothing before there were 100 latencies.
    [[nodiscard]] std::optional<duration> value() const noexcept;
    /// Of the same latencies. Throws as the constructor, changing nothing.
    void set_quantile(double quantile);

    static constexpr std::uint32_t least_samples = 100;
    /// Bytes held, heap included.
    [[nodiscard]] std::size_t memory() const noexcept;

private:
    class impl;
    const std::unique_ptr<impl> impl_;
};

}  // namespace symphony
