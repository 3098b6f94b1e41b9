#pragma once

#include "symphony/core/time.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <limits>

namespace symphony::detail {

/// The generic cell rate algorithm (ITU-T I.371, annex A) in exact arithmetic: a theoretical
/// arrival time in whole nanoseconds plus a fraction counted in units of 1/max nanosecond, so no
/// remainder is ever lost. Not thread-safe; trivially copyable, which makes forecasts cheap.
class gcra {
public:
    enum class shape : std::uint8_t { bucket, spaced };

    /// A bucket of `burst` permits refilled with `max` in each `window`, or, `spaced`, admissions
    /// `window / max` apart. 1 <= max, burst <= 10^9; window <= 31 days.
    gcra() = default;
    gcra(shape form, std::uint64_t max, duration window, std::uint64_t burst) noexcept;

    /// The first moment at which `cost` is admitted. `cost` is at most the burst (spaced: max).
    [[nodiscard]] instant earliest(std::uint64_t cost) const noexcept;
    /// Spends `cost` at `now`, which is not before `earliest(cost)`.
    void take(instant now, std::uint64_t cost) noexcept;
    /// Permits that would be admitted at `now`.
    [[nodiscard]] std::uint64_t remaining(instant now) const noexcept;
    /// Permits spent at `now`, rounded up.
    [[nodiscard]] std::uint64_t used(instant now) const noexcept;
    /// When everything is free again.
    [[nodiscard]] instant full_at() const noexcept { return ceil(arrival()); }
    /// How far the arrival time is ahead of `now`, rounded down.
    [[nodiscard]] duration backlog(instant now) const noexcept;
    /// Takes back what `cost` permits are worth, but no more than `limit`; spaced: only if nothing
    /// was admitted after `admitted_at`. Returns the time given back, rounded up.
    duration refund(instant admitted_at, std::uint64_t cost, duration limit) noexcept;
    void charge(instant now, std::uint64_t permits) noexcept;

    [[nodiscard]] std::uint32_t max() const noexcept { return max_; }
    [[nodiscard]] duration window() const noexcept { return duration(window_); }
    /// Permits of a full bucket (spaced: max), as far as they refill within 73 years.
    [[nodiscard]] std::uint64_t most() const noexcept;
    [[nodiscard]] bool same_rate(const gcra& other) const noexcept;

private:
    struct exact_time {
        std::int64_t ns = 0;
        std::uint32_t part = 0;  // in 1/max ns, below max
        auto operator<=>(const exact_time&) const = default;
    };
    [[nodiscard]] exact_time length(std::uint64_t permits) const noexcept;
    [[nodiscard]] exact_time add(exact_time a, exact_time b) const noexcept;
    [[nodiscard]] exact_time subtract(exact_time a, exact_time b) const noexcept;
    [[nodiscard]] static instant ceil(exact_time t) noexcept {
        return instant(duration(t.ns + (t.part > 0 ? 1 : 0)));
    }
    [[nodiscard]] std::uint64_t permits_in(exact_time span, bool round_up) const noexcept;

    [[nodiscard]] exact_time step() const noexcept { return {step_ns_, step_part_}; }
    [[nodiscard]] exact_time tolerance() const noexcept { return {tolerance_ns_, tolerance_part_}; }
    [[nodiscard]] exact_time arrival() const noexcept { return {arrival_ns_, arrival_part_}; }
    [[nodiscard]] bool spaced() const noexcept { return tolerance() == exact_time{}; }
    void arrive(exact_time t) noexcept {
        arrival_ns_ = t.ns;
        arrival_part_ = t.part;
    }

    // Nanoseconds and parts apart: there is one of these for each level of each key.
    std::int64_t window_ = 1;
    std::int64_t step_ns_ = 0;       // one permit
    std::int64_t tolerance_ns_ = 0;  // a whole bucket; nothing: spaced
    std::int64_t arrival_ns_ = 0;    // when everything spent so far is refilled
    std::uint32_t max_ = 1;
    std::uint32_t step_part_ = 0;
    std::uint32_t tolerance_part_ = 0;
    std::uint32_t arrival_part_ = 0;
};

/// How much of an earlier admission can still be taken back from a bucket. A permit given back is
/// worth only what the bucket never overflowed since, that is, the least backlog met by a later
/// admission. Keeps the suffix minima of the backlog in three entries, merging the oldest where
/// they do not suffice (which gives back less, never more). `newest` is the time of the latest
/// admission before the call: it is the owner's, which knows it once for all its levels.
class refund_bound {
public:
    void on_take(instant newest, instant now, duration backlog) noexcept;
    [[nodiscard]] duration limit(instant newest, instant admitted_at) const noexcept;
    void on_refund(instant newest, instant admitted_at, duration credited) noexcept;

private:
    static constexpr duration unlimited{std::numeric_limits<std::int64_t>::max() / 4};

    // Of entries i = 0, 1 the times; the last one's is `newest`. Unused ones come first.
    std::array<instant, 2> at_{instant::min(), instant::min()};
    std::array<duration, 3> least_{unlimited, unlimited, unlimited};
};

}  // namespace symphony::detail
