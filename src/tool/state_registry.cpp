#include "tool/state_registry.hpp"

namespace symphony::detail {

void state_registry::attach(catalogue& to) {
    std::map<std::string, limit> limits;
    std::map<name_pair, circuit> circuits;
    std::map<name_pair, std::shared_ptr<retry_budget>> budgets;
    for (const auto& tool : to.tools()) {
        for (const auto& [name, endpoint] : tool->endpoints) {
            const name_pair names(tool->options.name, name);
            endpoint_state state;
            state.metrics = metrics_for(names);
            if (endpoint->options().rate_limit) state.gate = gate_for(*endpoint, limits);
            if (endpoint->options().circuit_breaker) {
                state.breaker = breaker_for(*endpoint, state.metrics, circuits);
            }
            const auto old_budget = budgets_.find(names);
            state.budget = old_budget != budgets_.end() ? old_budget->second
                                                        : std::make_shared<retry_budget>();
            budgets[names] = state.budget;
            show(names, state);
            endpoint->attach(std::move(state));
        }
    }
    limits_ = std::move(limits);
    circuits_ = std::move(circuits);
    budgets_ = std::move(budgets);
    std::erase_if(all_gates_, [](const auto& gate) { return gate.expired(); });
}

std::shared_ptr<rate_gate> state_registry::gate_for(const endpoint& of,
                                                    std::map<std::string, limit>& keep) {
    const std::string key = limit_key(of);
    if (const auto shared = keep.find(key); shared != keep.end()) return shared->second.gate;
    rate_limit_options options = *of.options().rate_limit;
    options.key_prefix.clear();
    limit& kept = keep[key];
    if (const auto old = limits_.find(key); old != limits_.end()) {
        kept = old->second;
        if (kept.options != options) kept.gate->reconfigure(options, home_.time.now());
    } else {
        kept.gate = rate_gate::make(options, home_);
        all_gates_.push_back(kept.gate);
    }
    kept.options = std::move(options);
    return kept.gate;
}

std::shared_ptr<breaker_cell> state_registry::breaker_for(
    const endpoint& of, const std::shared_ptr<endpoint_metrics>& metrics,
    std::map<name_pair, circuit>& keep) {
    const name_pair names(of.events().tool(), of.events().endpoint());
    const circuit_breaker_options& options = *of.options().circuit_breaker;
    circuit& kept = keep[names];
    if (const auto old = circuits_.find(names); old != circuits_.end()) {
        kept = old->second;
        if (kept.options != options) kept.cell->breaker().reconfigure(options, home_.time.now());
    } else {
        kept.cell = std::make_shared<breaker_cell>(options, of.events(), metrics);
    }
    kept.options = options;
    return kept.cell;
}

std::shared_ptr<endpoint_metrics> state_registry::metrics_for(const name_pair& names) {
    return metrics_.get(names.first, names.second, [&](endpoint_metrics& fresh) {
        const auto seen = gauges_[names] = std::make_shared<gauges>();
        fresh.queue_length = [seen]() -> std::optional<std::size_t> {
            const std::lock_guard lock(seen->mutex);
            const auto gate = seen->gate.lock();
            if (!gate) return std::nullopt;
            return gate->limiter().queued();
        };
        fresh.circuit_state = [seen, &time = home_.time]() -> std::optional<int> {
            const std::lock_guard lock(seen->mutex);
            const auto cell = seen->breaker.lock();
            if (!cell) return std::nullopt;
            return static_cast<int>(cell->breaker().inspect(time.now()).state);
        };
    });
}

void state_registry::show(const name_pair& names, const endpoint_state& state) {
    gauges& seen = *gauges_.at(names);
    const std::lock_guard lock(seen.mutex);
    seen.gate = state.gate;
    seen.breaker = state.breaker;
}

void state_registry::close() noexcept {
    for (const auto& known : all_gates_) {
        if (const auto gate = known.lock()) gate->close();
    }
}

}  // namespace symphony::detail
