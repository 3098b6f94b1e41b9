#pragma once

#include "symphony/telemetry/call_counts.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace symphony {

/// A concurrency limit at one moment.
struct concurrency_view {
    std::uint64_t limit = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t queued = 0;
};

/// Everything that is counted for one endpoint. Thread-safe but for what `of` says.
class endpoint_metrics {
public:
    /// `threads`: how many count, 1 or more.
    explicit endpoint_metrics(std::size_t threads = 1);

    /// The counts of one thread, which alone changes them.
    [[nodiscard]] call_counts& of(std::size_t thread) noexcept { return counts_[thread]; }
    [[nodiscard]] call_totals total() const noexcept;
    /// The durations of all requests so far, sorted by method and outcome.
    [[nodiscard]] std::vector<request_series> requests() const;

    std::array<std::array<std::atomic<std::uint64_t>, 3>, 3> transitions{};  ///< [from][to]
    std::array<std::array<std::atomic<std::uint64_t>, 2>, 3> alerts{};       ///< [channel][failed]
    /// Read when metrics are written; nothing where there is no limit or breaker. May be empty;
    /// set only by the `prepare` of `metrics_registry::get`, before anybody reads them.
    std::function<std::optional<std::size_t>()> queue_length;
    std::function<std::optional<bool>()> store_up;          ///< nothing where no budget is shared
    std::function<std::optional<bool>()> circuit_store_up;  ///< nothing where none is shared
    std::function<std::optional<int>()> circuit_state;      ///< 0 closed, 1 half-open, 2 open
    std::function<std::optional<concurrency_view>()> concurrency;
    std::function<bool()> hedges;  ///< whether requests are sent again while they have no answer

private:
    const std::unique_ptr<call_counts[]> counts_;
    const std::size_t threads_;
};

/// The endpoints' metrics by (tool, endpoint), which survive a reload of the configuration.
/// Thread-safe.
class metrics_registry {
public:
    /// `threads`: how many count, 1 or more.
    explicit metrics_registry(std::size_t threads = 1) : threads_(threads) {}

    /// `prepare` is called once, when the endpoint is new.
    [[nodiscard]] std::shared_ptr<endpoint_metrics> get(
        const std::string& tool, const std::string& endpoint,
        const std::function<void(endpoint_metrics&)>& prepare = {});
    using entry = std::pair<std::pair<std::string, std::string>, std::shared_ptr<endpoint_metrics>>;
    [[nodiscard]] std::vector<entry> entries() const;

private:
    const std::size_t threads_;
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, std::shared_ptr<endpoint_metrics>> endpoints_;
};

enum class exposition : std::uint8_t { prometheus, openmetrics };
/// All metrics as text (Prometheus 0.0.4 or OpenMetrics 1.0.0), names as in the contract.
[[nodiscard]] std::string write_metrics(const metrics_registry& registry, exposition format);
/// "text/plain; version=0.0.4; charset=utf-8" and so on.
[[nodiscard]] std::string_view content_type(exposition format) noexcept;

}  // namespace symphony
