#pragma once

#include "call/endpoint.hpp"
#include "symphony/telemetry/alert_desk.hpp"
#include "symphony/telemetry/metrics.hpp"
#include "symphony/tool/client.hpp"
#include "tool/catalogue.hpp"
#include "tool/shard_set.hpp"
#include "tool/store_registry.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace symphony::detail {

/// What outlives a catalogue: limiters by key prefix, breakers, budgets and metrics by tool and
/// endpoint. For one thread at a time; the metrics for all.
class state_registry {
public:
    state_registry(const shard_set& shards, rate_store_factory rates,
                   circuit_store_factory circuits, alert_desk& alerts);

    /// Gives every endpoint its state, old where its key stands: its options take effect now.
    void attach(catalogue& to);
    [[nodiscard]] const metrics_registry& metrics() const noexcept { return metrics_; }
    /// Ends all health checks, and speaks to no other processes about circuits any more.
    void quiet();
    /// Frees what limiters remember that are full again.
    void trim(instant now) noexcept;
    /// Ends all waits, also of limiters that no endpoint has any more.
    void close() noexcept;
    /// After `close`, when nothing runs on the shards any more and before they go.
    void drop_stores() noexcept;

private:
    using name_pair = std::pair<std::string, std::string>;
    // What the gauges of an endpoint look at: its present limiter and breaker.
    struct gauges {
        std::mutex mutex;
        std::weak_ptr<rate_gate> gate;
        std::weak_ptr<const breaker_cell> breaker;
        std::weak_ptr<const concurrency_gate> slots;
        bool hedges = false;
    };
    struct limit {
        rate_limit_options options;
        std::optional<rate_sharing_options> sharing;
        std::shared_ptr<rate_gate> gate;
    };
    struct circuit {
        circuit_breaker_options options;
        std::optional<circuit_sharing_options> sharing;
        std::shared_ptr<breaker_cell> cell;
        std::shared_ptr<alert_line> alerts;
    };

    struct slots {
        concurrency_options options;
        std::shared_ptr<concurrency_gate> gate;
    };
    struct hedge {
        hedge_options options;
        std::shared_ptr<hedge_timing> timing;
    };

    [[nodiscard]] std::shared_ptr<rate_gate> gate_for(const endpoint& of,
                                                      std::map<std::string, limit>& keep);
    [[nodiscard]] std::shared_ptr<breaker_cell> breaker_for(
        const endpoint& of, const std::shared_ptr<endpoint_metrics>& metrics,
        std::map<name_pair, circuit>& keep);
    [[nodiscard]] std::shared_ptr<concurrency_gate> slots_for(const name_pair& names,
                                                              const concurrency_options& options,
                                                              std::map<name_pair, slots>& keep);
    [[nodiscard]] std::shared_ptr<hedge_timing> hedge_for(const name_pair& names,
                                                          const hedge_options& options,
                                                          std::map<name_pair, hedge>& keep);
    void share(const endpoint& of, circuit& kept);
    void watch(const endpoint& of, breaker_cell& circuit);
    void alert(const endpoint& of, const std::shared_ptr<endpoint_metrics>& metrics, circuit& kept);
    [[nodiscard]] std::shared_ptr<endpoint_metrics> metrics_for(const name_pair& names);
    void show(const name_pair& names, const endpoint_state& state);

    [[nodiscard]] std::shared_ptr<rate_gate> new_gate(const endpoint& of, const std::string& key,
                                                      const rate_limit_options& options);

    const shard_set& shards_;
    fast_random identities_;
    store_registry<rate_store> rate_stores_;
    store_registry<circuit_store> circuit_stores_;
    alert_desk& alerts_;
    metrics_registry metrics_;
    std::map<std::string, limit> limits_;
    std::map<name_pair, circuit> circuits_;
    std::map<name_pair, slots> slots_;
    std::map<name_pair, hedge> hedges_;
    std::map<name_pair, std::shared_ptr<retry_budget>> budgets_;
    std::map<name_pair, std::shared_ptr<gauges>> gauges_;
    std::vector<std::weak_ptr<rate_gate>> all_gates_;
    std::vector<std::weak_ptr<concurrency_gate>> all_slots_;
    std::vector<std::weak_ptr<health_check>> all_checks_;
    std::vector<std::weak_ptr<shared_circuit>> all_shared_;
    bool quiet_ = false;
};

}  // namespace symphony::detail
