#include "symphony/tool/client.hpp"

#include "tool/engine.hpp"

#include <stdexcept>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

client::client(client_options options) : engine_(detail::engine::make(std::move(options))) {}
client::~client() {
    engine_->end();
}

asio::awaitable<result<response>> client::call(std::string_view tool, std::string_view endpoint,
                                               request&& what) {
    return engine_->call(tool, endpoint, std::move(what));
}

result<response> client::call_blocking(std::string_view tool, std::string_view endpoint,
                                       request what) {
    return engine_->call_blocking(tool, endpoint, std::move(what));
}

asio::awaitable<result<void>> client::warm_up(std::string_view tool, std::string_view endpoint) {
    return engine_->warm_up(tool, endpoint);
}

result<void> client::replace_tools(std::vector<tool_options> tools,
                                   std::optional<alerting_options> alerting) {
    return engine_->replace(std::move(tools), std::move(alerting));
}

result<std::vector<alert_delivery>> client::test_alerts(std::string_view tool,
                                                        std::string_view endpoint) {
    const auto found = engine_->find(tool, endpoint);
    if (!found) return std::unexpected(found.error());
    const auto& alerts = (*found)->options().alerts;
    if (!alerts) return fail(error_kind::invalid_request, "this API has no alerts");
    return engine_->alerts().test(std::string(tool), std::string(endpoint), *alerts);
}

result<void> client::control_breaker(std::string_view tool, std::string_view endpoint,
                                     circuit_control mode) {
    const auto found = engine_->find(tool, endpoint);
    if (!found) return std::unexpected(found.error());
    const auto& cell = (*found)->state().breaker;
    if (!cell) return fail(error_kind::invalid_request, "this API has no circuit breaker");
    cell->control(mode, time().now());
    return {};
}

namespace {

endpoint_status status_of(const std::string& name, const endpoint& of, instant now) {
    endpoint_status shown;
    shown.name = name;
    shown.url = of.shown_url();
    if (const auto& cell = of.state().breaker) {
        const circuit_breaker::view seen = cell->breaker().inspect(now);
        shown.breaker = {seen.state, seen.manual, seen.retry_after, seen.admitted_share, {}};
        if (const auto sharing = cell->sharing()) {
            const shared_circuit::view all = sharing->look();
            shown.breaker->shared = {all.up ? "redis" : "redis-down", all.open, all.broken,
                                     all.sound};
        }
    }
    if (const auto& gate = of.state().gate) {
        shown.rate_limit = {detail::limit_key(of), gate->look(now),
                            std::string(gate->store_name())};
    }
    if (const auto& slots = of.state().slots) {
        const concurrency_gate::view seen = slots->look();
        shown.concurrency = {seen.limit, seen.in_flight, seen.queued, seen.adaptive};
    }
    return shown;
}

}  // namespace

std::vector<tool_status> client::status() const {
    const auto tools = engine_->tools();
    const instant now = time().now();
    std::vector<tool_status> all;
    for (const auto& tool : tools->tools()) {
        tool_status& shown = all.emplace_back();
        shown.name = tool->options.name;
        for (const auto& [name, endpoint] : tool->endpoints)
            shown.endpoints.push_back(status_of(name, *endpoint, now));
    }
    return all;
}

std::optional<rate_limiter::view> client::rate_limit_view(std::string_view tool,
                                                          std::string_view endpoint) const {
    const auto found = engine_->find(tool, endpoint);
    if (!found || !(*found)->state().gate) return std::nullopt;
    return (*found)->state().gate->look(time().now());
}

std::optional<duration> client::timeout_of(std::string_view tool, std::string_view endpoint) const {
    const auto found = engine_->find(tool, endpoint);
    if (!found) return std::nullopt;
    return (*found)->options().timeout;
}

const metrics_registry& client::metrics() const noexcept {
    return engine_->metrics();
}

std::vector<asio::any_io_executor> client::executors() const {
    return engine_->shards().executors();
}

timers& client::timers_of(const asio::any_io_executor& executor) const {
    const shard* const found = engine_->shards().find(executor);
    if (found == nullptr) throw std::invalid_argument("not an executor of this client");
    return found->wakeups;
}

const clock& client::time() const noexcept {
    return engine_->time();
}

bool client::shut_down(duration limit) {
    return engine_->shut_down(limit);
}

tool tool_registry::create(tool_options options) {
    std::string name = options.name;
    const result<void> added = owner_->engine_->add(std::move(options));
    if (!added) throw std::invalid_argument(added.error().message);
    return {*owner_, std::move(name)};
}

std::optional<tool> tool_registry::find(std::string_view name) const {
    if (owner_->engine_->tools()->find(name) == nullptr) return std::nullopt;
    return tool(*owner_, std::string(name));
}

std::vector<std::string> tool_registry::names() const {
    const auto tools = owner_->engine_->tools();
    std::vector<std::string> all;
    for (const auto& one : tools->tools())
        all.push_back(one->options.name);
    return all;
}

}  // namespace symphony
