#pragma once

#include "symphony/core/error.hpp"
#include "symphony/telemetry/histogram.hpp"
#include "symphony/telemetry/labels.hpp"
#include "symphony/telemetry/tally.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace symphony {

inline constexpr std::size_t error_kinds = static_cast<std::size_t>(error_kind::internal) + 1;
inline constexpr std::size_t retry_reasons = static_cast<std::size_t>(retry_reason::other) + 1;

/// The durations of the requests with one method and one outcome.
struct request_series {
    method_label method{};
    int status = 0;  ///< 0: no answer, `failure` says why
    error_kind failure = error_kind::internal;
    histogram::view durations;
};

/// What one thread counts of the calls of one endpoint; any thread reads. Recording neither locks
/// nor adds atomically, and shares no cache line with another thread's.
class alignas(64) call_counts {
public:
    call_counts() = default;
    ~call_counts();
    call_counts(const call_counts&) = delete;
    call_counts& operator=(const call_counts&) = delete;

    /// One finished attempt that reached the transport: `http_client_request_duration_seconds`.
    void observe_request(method_label method, int status, duration took);
    void observe_request(method_label method, error_kind failure, duration took);
    void begin_call() noexcept { in_flight.add(); }
    /// Every call that begins ends in one of these.
    void end_call(int status) noexcept {
        (status < 400 ? calls_ok : calls_error).add();
        in_flight.subtract();
    }
    void end_call(error_kind failure) noexcept {
        calls_failed[static_cast<std::size_t>(failure)].add();
        in_flight.subtract();
    }

    tally in_flight;  ///< calls that have begun and not ended
    tally calls_ok;
    tally calls_error;  ///< the API answered with a status of 400 or more
    std::array<tally, error_kinds> calls_failed{};  ///< by error kind
    tally attempts;
    std::array<tally, retry_reasons> retries{};  ///< by retry_reason
    histogram rate_limit_wait;
    tally rate_limit_rejected;
    histogram concurrency_wait;
    tally concurrency_rejected;
    tally hedges_won;      ///< requests sent again whose second answer was taken
    tally hedges_lost;     ///< and those of which another one was
    tally hedges_refused;  ///< for want of a permit or of budget

    /// Adds the duration histograms that have been used so far, sorted by method and outcome.
    void collect_into(std::vector<request_series>& all) const;

private:
    static constexpr std::size_t methods = static_cast<std::size_t>(method_label::other) + 1;
    static constexpr std::size_t statuses = 500;  // 100 … 599
    struct row {
        std::array<std::atomic<histogram*>, statuses + error_kinds> cells{};
    };
    histogram& cell(method_label method, std::size_t column);
    std::array<std::atomic<row*>, methods> rows_{};
};

/// The sum over all threads, as it was read.
struct call_totals {
    std::uint64_t calls_ok = 0;
    std::uint64_t calls_error = 0;
    std::array<std::uint64_t, error_kinds> calls_failed{};
    std::uint64_t attempts = 0;
    std::array<std::uint64_t, retry_reasons> retries{};
    histogram::view rate_limit_wait;
    std::uint64_t rate_limit_rejected = 0;
    histogram::view concurrency_wait;
    std::uint64_t concurrency_rejected = 0;
    std::uint64_t hedges_won = 0;
    std::uint64_t hedges_lost = 0;
    std::uint64_t hedges_refused = 0;
    std::uint64_t in_flight = 0;

    void add(const call_counts& counts) noexcept;
};

}  // namespace symphony
