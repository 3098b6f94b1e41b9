#pragma once

#include "symphony/core/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace symphony::detail {

/// Outcomes over a sliding time window, in a ring of 12 buckets whose totals are kept by
/// subtracting what rotates out: O(1) an outcome, within the 24 bytes at the front but for the
/// moments when a bucket ends. An outcome counts for at most `window` and at least 11/12 of it. An
/// idle gap of any length leaves nothing stale. A bucket holds up to 2^20 outcomes; beyond, it
/// keeps its share of failures. Not thread-safe.
class outcome_window {
public:
    /// Bytes at the front, as above.
    static constexpr std::size_t front_size = 24;

    explicit outcome_window(duration window) noexcept;

    void add(instant now, bool failed) noexcept {
        advance(now);
        ++newest_.total;
        ++total_;
        newest_.failures += failed ? 1 : 0;
        failures_ += failed ? 1 : 0;
    }
    /// Forgets what is too old at `now`. Time never runs back.
    void advance(instant now) noexcept {
        const std::int64_t ns = now.time_since_epoch().count();
        if (ns >= ends_) rotate_to(ns);
    }
    void clear() noexcept;
    /// A new length; outcomes keep their age, roughly.
    void resize(duration window) noexcept;
    [[nodiscard]] std::uint32_t total() const noexcept { return total_; }
    [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }

private:
    struct bucket {
        std::uint32_t total = 0;
        std::uint32_t failures = 0;
    };
    static constexpr std::int64_t buckets = 12;
    using packed = std::array<std::uint8_t, 5>;  // 20 bits each

    void rotate_to(std::int64_t ns) noexcept;
    [[nodiscard]] std::int64_t newest_epoch() const noexcept { return ends_ / length_ - 1; }
    [[nodiscard]] packed& at(std::int64_t epoch) noexcept {
        return ring_[static_cast<std::uint64_t>(epoch) % buckets];
    }
    [[nodiscard]] bucket take_out(std::int64_t epoch) noexcept;
    void put_away(bucket counted, std::int64_t epoch) noexcept;

    std::int64_t ends_;  // when the newest bucket ends, ns
    std::uint32_t total_ = 0;
    std::uint32_t failures_ = 0;
    bucket newest_{};      // its place in the ring is empty
    std::int64_t length_;  // of a bucket, ns
    std::array<packed, buckets> ring_{};
};

}  // namespace symphony::detail
