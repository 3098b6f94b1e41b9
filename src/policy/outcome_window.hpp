#pragma once

#include "symphony/core/time.hpp"

#include <array>
#include <cstdint>

namespace symphony::detail {

/// Outcomes over a sliding time window, in a ring of 32 buckets whose totals are kept by
/// subtracting what rotates out: O(1) an outcome. An outcome counts for at most `window` and at
/// least 31/32 of it. An idle gap of any length leaves nothing stale. Not thread-safe.
class outcome_window {
public:
    explicit outcome_window(duration window) noexcept;

    void add(instant now, bool failed) noexcept;
    /// Forgets what is too old at `now`. Time never runs back.
    void advance(instant now) noexcept;
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
    static constexpr std::int64_t buckets = 32;

    [[nodiscard]] bucket& at(std::int64_t epoch) noexcept {
        return ring_[static_cast<std::uint64_t>(epoch) % buckets];
    }
    void rotate(std::int64_t epoch) noexcept;

    std::int64_t length_;     // of a bucket, ns
    std::int64_t epoch_ = 0;  // number of the newest bucket
    std::int64_t ends_ = 0;   // when the newest bucket ends, ns: spares a division an outcome
    std::uint32_t total_ = 0;
    std::uint32_t failures_ = 0;
    std::array<bucket, buckets> ring_{};
};

}  // namespace symphony::detail
