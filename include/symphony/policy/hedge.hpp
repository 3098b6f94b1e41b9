#pragma once

#include "symphony/core/time.hpp"
#include "symphony/policy/latency_estimate.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace symphony {

/// The `hedge` block: a request without an answer after a while is sent a second time, and the
/// first usable answer is taken (Dean & Barroso, "The Tail at Scale", 2013).
struct hedge_options {
    std::optional<duration> after{};  ///< fixed, above 0; else the quantile of recent latencies
    double quantile = 0.95;           ///< 0.5 … 0.99
    std::uint32_t max = 1;            ///< further attempts, one `after` the other; 1 … 3

    bool operator==(const hedge_options&) const = default;

    /// What is impossible about these options, in words, or nothing.
    [[nodiscard]] std::optional<std::string> problem() const;
};

/// When to hedge. Thread-safe.
class hedge_timing {
public:
    /// Throws std::invalid_argument on impossible options.
    explicit hedge_timing(const hedge_options& options);

    /// How long to wait for an answer before the request is sent again; nothing while there were
    /// too few latencies to tell.
    [[nodiscard]] std::optional<duration> delay() const noexcept {
        const std::int64_t fixed = fixed_ns_.load(std::memory_order_relaxed);
        return fixed > 0 ? duration(fixed) : recent_.value();
    }
    /// What an attempt took that was answered, or how long one had gone without an answer when
    /// another was first: leaving those out would make the quantile smaller with every hedge.
    void record(duration latency) noexcept {
        if (fixed_ns_.load(std::memory_order_relaxed) == 0) recent_.record(latency);
    }
    /// Latencies stay. Throws as the constructor, changing nothing.
    void reconfigure(const hedge_options& options);

private:
    std::atomic<std::int64_t> fixed_ns_{0};
    latency_estimate recent_;
};

}  // namespace symphony
