#pragma once

#include "symphony/core/deadline.hpp"
#include "symphony/core/random.hpp"
#include "symphony/core/time.hpp"

#include <atomic>
#include <cstdint>
#include <optional>

namespace symphony {

enum class backoff : std::uint8_t { exponential, linear };

/// The timing part of `middleware.error.retry`.
struct retry_timing {
    backoff shape = backoff::exponential;
    std::uint32_t max_attempts = 3;  ///< the first one included; at least 1
    duration base_delay = std::chrono::milliseconds(100);
    duration max_delay = std::chrono::seconds(10);

    bool operator==(const retry_timing&) const = default;
};

/// The wait before the next attempt, or nothing when there must be none.
/// `attempt` is the number of the attempt that just failed (1, 2, …). Full jitter: uniform in
/// [0, step], step = base·2^(attempt-1) or base·attempt, at most `max_delay` (Brooker, "Exponential
/// Backoff And Jitter", 2015). `server_wait` (Retry-After) is a hard lower bound that jitter only
/// adds to. A wait that would not end before the deadline means no retry. Saturates.
[[nodiscard]] std::optional<duration> next_retry(const retry_timing& timing, std::uint32_t attempt,
                                                 duration server_wait, instant now, deadline until,
                                                 random_source& random) noexcept;

/// Keeps retries from multiplying an outage: 100 tokens, -1 per failed attempt, +0.1 per success,
/// retry only while above half (gRPC proposal A6). One atomic; thread-safe.
class retry_budget {
public:
    void on_success() noexcept;
    /// Spends a token. Returns whether a retry is still allowed.
    bool on_failure() noexcept;
    [[nodiscard]] bool allows() const noexcept;
    /// Tokens left, 0 … 100.
    [[nodiscard]] double tokens() const noexcept;

private:
    static constexpr std::int32_t full = 100'000;
    static constexpr std::int32_t spent = 1000;  // by a failed attempt
    static constexpr std::int32_t earned = 100;  // by a success
    std::atomic<std::int32_t> milli_{full};
};

}  // namespace symphony
