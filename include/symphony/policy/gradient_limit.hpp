#pragma once

#include "symphony/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace symphony {

/// Finds how many calls may be in flight by what they take: more as long as latency stays what it
/// is without a queue at the server, fewer as soon as one builds up.
///
/// Over windows of calls, with `latency` their mean and `baseline` what a call takes without a
/// queue:
///
///     gradient = clamp(1.25 · baseline / latency, 0.5, 1)
///     limit   += 0.5 · (gradient · limit + sqrt(limit) - limit)
///
/// That is the gradient limiter of Netflix's concurrency-limits (Winslow & Christensen,
/// "Performance Under Load", 2018) and of Envoy's adaptive concurrency filter, whose headroom
/// sqrt(limit) and buffer of 25 % it takes. The baseline comes from probes, as in BBR (Cardwell et
/// al., "BBR: Congestion-Based Congestion Control", 2016; the halving from its version 2): when it
/// has not been confirmed for 10 s, or 100 times itself, the limit is halved, and again for as long
/// as that makes calls quicker. A long average of the latency instead (`Gradient2`) takes a queue
/// that lasts for the normal state and lets the limit drift upwards.
///
/// A window with an overload (a time-out, 503) multiplies the limit by 0.9 instead (AIMD: Chiu &
/// Jain, 1989). A window that never used half the limit says nothing about it: it stays, and its
/// calls confirm the baseline. Only calls begun inside a window count, so the effect of one change
/// is seen before the next; a window has at least max(10, limit) calls, at most 250, and lasts
/// 100 ms.
///
/// Pure: time is an argument. Thread-safe; a sample costs a short lock, no allocation.
class gradient_limit {
public:
    struct bounds {
        std::uint32_t min = 1;
        std::uint32_t max = 1000;
        std::uint32_t initial = 20;
    };
    /// Throws std::invalid_argument unless 1 ≤ min ≤ initial ≤ max.
    explicit gradient_limit(bounds within);
    ~gradient_limit();
    gradient_limit(const gradient_limit&) = delete;
    gradient_limit& operator=(const gradient_limit&) = delete;

    /// A call was answered; `in_flight` were under way until then, itself included. Returns the
    /// new limit when this changed it. Calls that were cancelled are not told.
    std::optional<std::uint32_t> on_answer(instant begun, instant now,
                                           std::uint32_t in_flight) noexcept;
    /// The API could not take a call. Returns as `on_answer`.
    std::optional<std::uint32_t> on_overload(instant begun, instant now,
                                             std::uint32_t in_flight) noexcept;

    /// New bounds; what was learnt stays. Throws as the constructor, changing nothing. `initial` is
    /// where it goes on from only if nothing was learnt yet.
    void set_bounds(bounds within);

    struct view {
        std::uint32_t limit = 0;
        duration baseline{};  ///< 0: not known yet
        bool probing = false;
    };
    [[nodiscard]] view look() const noexcept;
    [[nodiscard]] std::uint32_t limit() const noexcept { return look().limit; }
    /// Bytes held, heap included.
    [[nodiscard]] std::size_t memory() const noexcept;

private:
    class impl;
    const std::unique_ptr<impl> impl_;
};

}  // namespace symphony
