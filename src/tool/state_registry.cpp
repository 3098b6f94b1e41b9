#include "tool/state_registry.hpp"

#include "tool/make_store.hpp"

namespace symphony::detail {

namespace {

// Where it is counted elsewhere from now on, there is nothing to take over.
bool counts_in_one_place(const std::optional<rate_sharing_options>& old,
                         const std::optional<rate_sharing_options>& now) {
    if (!old || !now) return !old && !now;
    return old->redis.same_as(now->redis);
}

std::string name_of(const endpoint& of) {
    return of.events().tool() + "." + of.events().endpoint();
}

std::optional<circuit_member::page_timing> page_of(const endpoint& of) {
    if (!of.health()) return std::nullopt;
    return circuit_member::page_timing{of.health()->interval(), of.health()->timeout()};
}

}  // namespace

state_registry::state_registry(const shard_set& shards, rate_store_factory rates,
                               circuit_store_factory circuits, alert_desk& alerts)
    : shards_(shards),
      rate_stores_(std::move(rates), &make_rate_store),
      circuit_stores_(std::move(circuits), &make_circuit_store),
      alerts_(alerts),
      metrics_(shards.size()) {}

void state_registry::attach(catalogue& to) {
    std::map<std::string, limit> limits;
    std::map<name_pair, circuit> circuits;
    std::map<name_pair, slots> slots;
    std::map<name_pair, hedge> hedges;
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
            if (const auto& limit = endpoint->options().concurrency) {
                state.slots = slots_for(names, *limit, slots);
            }
            if (const auto& how = endpoint->options().hedge) {
                state.hedge = hedge_for(names, *how, hedges);
            }
            const auto old_budget = budgets_.find(names);
            state.budget = old_budget != budgets_.end() ? old_budget->second
                                                        : std::make_shared<retry_budget>();
            budgets[names] = state.budget;
            show(names, state);
            endpoint->attach(std::move(state));
        }
    }
    for (const auto& [names, gone] : circuits_) {
        if (circuits.contains(names)) continue;
        gone.cell->watch(nullptr);
        gone.cell->share(nullptr);
    }
    limits_ = std::move(limits);
    circuits_ = std::move(circuits);
    slots_ = std::move(slots);
    hedges_ = std::move(hedges);
    budgets_ = std::move(budgets);
    std::erase_if(all_slots_, [](const auto& gate) { return gate.expired(); });
    std::erase_if(all_gates_, [](const auto& gate) { return gate.expired(); });
    std::erase_if(all_checks_, [](const auto& check) { return check.expired(); });
    std::erase_if(all_shared_, [](const auto& shared) { return shared.expired(); });
}

std::shared_ptr<rate_gate> state_registry::gate_for(const endpoint& of,
                                                    std::map<std::string, limit>& keep) {
    const std::string key = limit_key(of);
    if (const auto shared = keep.find(key); shared != keep.end()) return shared->second.gate;
    rate_limit_options options = *of.options().rate_limit;
    options.key_prefix.clear();
    const auto& sharing = of.options().rate_sharing;
    limit& kept = keep[key];
    const auto old = limits_.find(key);
    if (old != limits_.end() && counts_in_one_place(old->second.sharing, sharing)) {
        kept = old->second;
        const bool same = kept.options == options && (!sharing || kept.sharing->same_as(*sharing));
        if (!same) {
            kept.gate->reconfigure(options, sharing ? &*sharing : nullptr, shards_.time().now());
        }
    } else {
        kept.gate = new_gate(of, key, options);
        all_gates_.push_back(kept.gate);
    }
    kept.options = std::move(options);
    kept.sharing = sharing;
    return kept.gate;
}

std::shared_ptr<rate_gate> state_registry::new_gate(const endpoint& of, const std::string& key,
                                                    const rate_limit_options& options) {
    const shard& home = shards_.home_of(key);
    const auto& how = of.options().rate_sharing;
    if (!how) return rate_gate::make(options, home);
    return rate_gate::make(
        options, home, rate_sharing{*how, key, rate_stores_.get(how->redis, home), of.events()});
}

std::shared_ptr<breaker_cell> state_registry::breaker_for(
    const endpoint& of, const std::shared_ptr<endpoint_metrics>& metrics,
    std::map<name_pair, circuit>& keep) {
    const name_pair names(of.events().tool(), of.events().endpoint());
    const circuit_breaker_options& options = *of.options().circuit_breaker;
    circuit& kept = keep[names];
    if (const auto old = circuits_.find(names); old != circuits_.end()) {
        kept = old->second;
        if (kept.options != options)
            kept.cell->breaker().reconfigure(options, shards_.time().now());
    } else {
        kept.cell = std::make_shared<breaker_cell>(options, of.events(), metrics);
    }
    kept.options = options;
    share(of, kept);
    watch(of, *kept.cell);
    alert(of, metrics, kept);
    return kept.cell;
}

void state_registry::share(const endpoint& of, circuit& kept) {
    const auto& wanted = of.options().circuit_sharing;
    const auto present = kept.cell->sharing();
    if (present && wanted && kept.sharing && kept.sharing->same_as(*wanted)) {
        present->reconfigure(kept.options, page_of(of));
        return;
    }
    kept.sharing = wanted;
    std::shared_ptr<shared_circuit> shared;
    if (wanted && !quiet_) {
        const shard& home = shards_.home_of(name_of(of));
        shared = shared_circuit::make({kept.cell->identity(identities_), name_of(of),
                                       circuit_stores_.get(wanted->redis, home), of.events()},
                                      home, kept.options, page_of(of));
        all_shared_.push_back(shared);
    }
    if (present || shared) kept.cell->share(std::move(shared));
}

// A line outlives a reload, so that what it holds back still comes.
void state_registry::alert(const endpoint& of, const std::shared_ptr<endpoint_metrics>& metrics,
                           circuit& kept) {
    const auto& wanted = of.options().alerts;
    if (!wanted) {
        kept.alerts.reset();
    } else if (kept.alerts) {
        kept.alerts->change(*wanted);
    } else {
        const auto seen = kept.cell->breaker().inspect(shards_.time().now());
        kept.alerts = alerts_.open_line(of.events().tool(), of.events().endpoint(), *wanted,
                                        metrics, seen.state != circuit_state::closed);
    }
    kept.cell->alert_through(kept.alerts);
}

std::shared_ptr<concurrency_gate> state_registry::slots_for(const name_pair& names,
                                                            const concurrency_options& options,
                                                            std::map<name_pair, slots>& keep) {
    slots& kept = keep[names];
    if (const auto old = slots_.find(names); old != slots_.end()) {
        kept = old->second;
        if (kept.options != options) kept.gate->reconfigure(options);
    } else {
        kept.gate = std::make_shared<concurrency_gate>(options);
        all_slots_.push_back(kept.gate);
    }
    kept.options = options;
    return kept.gate;
}

std::shared_ptr<hedge_timing> state_registry::hedge_for(const name_pair& names,
                                                        const hedge_options& options,
                                                        std::map<name_pair, hedge>& keep) {
    hedge& kept = keep[names];
    if (const auto old = hedges_.find(names); old != hedges_.end()) {
        kept = old->second;
        if (kept.options != options) kept.timing->reconfigure(options);
    } else {
        kept.timing = std::make_shared<hedge_timing>(options);
    }
    kept.options = options;
    return kept.timing;
}

void state_registry::watch(const endpoint& of, breaker_cell& circuit) {
    const auto& target = of.health();
    const auto present = circuit.watcher();
    if (target ? present && present->target().same_as(*target) : !present) return;
    std::shared_ptr<health_check> check;
    if (target && !quiet_) {
        const shard& home = shards_.home_of(name_of(of));
        check = std::make_shared<health_check>(target, home, of.events());
        all_checks_.push_back(check);
    }
    circuit.watch(std::move(check));
}

void state_registry::quiet() {
    quiet_ = true;
    for (const auto& known : all_checks_) {
        if (const auto check = known.lock()) check->retire();
    }
    for (const auto& known : all_shared_) {
        if (const auto shared = known.lock()) shared->retire();
    }
}

std::shared_ptr<endpoint_metrics> state_registry::metrics_for(const name_pair& names) {
    return metrics_.get(names.first, names.second, [&](endpoint_metrics& fresh) {
        const auto seen = gauges_[names] = std::make_shared<gauges>();
        fresh.queue_length = [seen]() -> std::optional<std::size_t> {
            const std::lock_guard lock(seen->mutex);
            const auto gate = seen->gate.lock();
            if (!gate) return std::nullopt;
            return gate->queued();
        };
        fresh.store_up = [seen]() -> std::optional<bool> {
            const std::lock_guard lock(seen->mutex);
            const auto gate = seen->gate.lock();
            if (!gate) return std::nullopt;
            return gate->store_up();
        };
        fresh.circuit_store_up = [seen]() -> std::optional<bool> {
            const std::lock_guard lock(seen->mutex);
            const auto cell = seen->breaker.lock();
            const auto shared = cell ? cell->sharing() : nullptr;
            if (!shared) return std::nullopt;
            return shared->look().up;
        };
        fresh.circuit_state = [seen, &time = shards_.time()]() -> std::optional<int> {
            const std::lock_guard lock(seen->mutex);
            const auto cell = seen->breaker.lock();
            if (!cell) return std::nullopt;
            return static_cast<int>(cell->breaker().inspect(time.now()).state);
        };
        fresh.concurrency = [seen]() -> std::optional<concurrency_view> {
            const std::lock_guard lock(seen->mutex);
            const auto gate = seen->slots.lock();
            if (!gate) return std::nullopt;
            const concurrency_gate::view now = gate->look();
            return concurrency_view{now.limit, now.in_flight, now.queued};
        };
        fresh.hedges = [seen] {
            const std::lock_guard lock(seen->mutex);
            return seen->hedges;
        };
    });
}

void state_registry::show(const name_pair& names, const endpoint_state& state) {
    gauges& seen = *gauges_.at(names);
    const std::lock_guard lock(seen.mutex);
    seen.gate = state.gate;
    seen.breaker = state.breaker;
    seen.slots = state.slots;
    seen.hedges = state.hedge != nullptr;
}

void state_registry::drop_stores() noexcept {
    for (const auto& known : all_gates_) {
        if (const auto gate = known.lock()) gate->drop_store();
    }
    for (const auto& known : all_shared_) {
        if (const auto shared = known.lock()) shared->drop_store();
    }
}

void state_registry::trim(instant now) noexcept {
    for (const auto& known : all_gates_) {
        if (const auto gate = known.lock()) gate->trim(now);
    }
}

void state_registry::close() noexcept {
    for (const auto& known : all_checks_) {
        if (const auto check = known.lock()) check->close();
    }
    for (const auto& known : all_shared_) {
        if (const auto shared = known.lock()) shared->close();
    }
    for (const auto& known : all_gates_) {
        if (const auto gate = known.lock()) gate->close();
    }
    for (const auto& known : all_slots_) {
        if (const auto gate = known.lock()) gate->close();
    }
}

}  // namespace symphony::detail
