#pragma once

#include "symphony/core/error.hpp"
#include "symphony/telemetry/histogram.hpp"

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

/// Request methods as metric labels: the standard ones, everything else is "_OTHER", so that no
/// label value comes from request data.
enum class method_label : std::uint8_t {
    get,
    head,
    post,
    put,
    del,
    connect,
    options,
    trace,
    patch,
    query,
    other
};
[[nodiscard]] method_label to_method_label(std::string_view method) noexcept;
[[nodiscard]] std::string_view to_string(method_label label) noexcept;

/// Why an attempt was repeated: the label `reason` of `symphony_retries_total`.
enum class retry_reason : std::uint8_t { network, timeout, status_429, status_5xx, other };
[[nodiscard]] std::string_view to_string(retry_reason reason) noexcept;

/// Everything that is counted for one endpoint. Plain atomics: recording never locks. Thread-safe.
class endpoint_metrics {
public:
    static constexpr std::size_t kinds = static_cast<std::size_t>(error_kind::internal) + 1;

    endpoint_metrics() = default;
    ~endpoint_metrics();
    endpoint_metrics(const endpoint_metrics&) = delete;
    endpoint_metrics& operator=(const endpoint_metrics&) = delete;

    /// One finished attempt that reached the transport: `http_client_request_duration_seconds`.
    void observe_request(method_label method, int status, duration took) noexcept;
    void observe_request(method_label method, error_kind failure, duration took) noexcept;

    std::atomic<std::uint64_t> calls_ok{0};
    std::atomic<std::uint64_t> calls_error{0};  ///< the API answered with a status of 400 or more
    std::array<std::atomic<std::uint64_t>, kinds> calls_failed{};  ///< by error kind
    std::atomic<std::uint64_t> attempts{0};
    std::array<std::atomic<std::uint64_t>, 5> retries{};  ///< by retry_reason
    histogram rate_limit_wait;
    std::atomic<std::uint64_t> rate_limit_rejected{0};
    std::array<std::array<std::atomic<std::uint64_t>, 3>, 3> transitions{};  ///< [from][to]
    std::atomic<std::int64_t> in_flight{0};
    /// Read when metrics are written; nothing where there is no limit or breaker. May be empty;
    /// set only by the `prepare` of `metrics_registry::get`, before anybody reads them.
    std::function<std::optional<std::size_t>()> queue_length;
    std::function<std::optional<bool>()> store_up;      ///< nothing where no budget is shared
    std::function<std::optional<int>()> circuit_state;  ///< 0 closed, 1 half-open, 2 open

    struct series {
        method_label method{};
        int status = 0;  ///< 0: no answer, `failure` says why
        error_kind failure = error_kind::internal;
        const histogram* durations = nullptr;
    };
    /// The duration histograms that have been used so far.
    [[nodiscard]] std::vector<series> request_series() const;

private:
    static constexpr std::size_t methods = static_cast<std::size_t>(method_label::other) + 1;
    static constexpr std::size_t statuses = 500;  // 100 … 599
    struct row {
        std::array<std::atomic<histogram*>, statuses + kinds> cells{};
    };
    histogram& cell(method_label method, std::size_t column) noexcept;
    std::array<std::atomic<row*>, methods> rows_{};
};

/// The endpoints' metrics by (tool, endpoint), which survive a reload of the configuration.
/// Thread-safe.
class metrics_registry {
public:
    /// `prepare` is called once, when the endpoint is new.
    [[nodiscard]] std::shared_ptr<endpoint_metrics> get(
        const std::string& tool, const std::string& endpoint,
        const std::function<void(endpoint_metrics&)>& prepare = {});
    using entry = std::pair<std::pair<std::string, std::string>, std::shared_ptr<endpoint_metrics>>;
    [[nodiscard]] std::vector<entry> entries() const;

private:
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, std::shared_ptr<endpoint_metrics>> endpoints_;
};

enum class exposition : std::uint8_t { prometheus, openmetrics };
/// All metrics as text (Prometheus 0.0.4 or OpenMetrics 1.0.0), names as in the contract.
[[nodiscard]] std::string write_metrics(const metrics_registry& registry, exposition format);
/// "text/plain; version=0.0.4; charset=utf-8" and so on.
[[nodiscard]] std::string_view content_type(exposition format) noexcept;

}  // namespace symphony
