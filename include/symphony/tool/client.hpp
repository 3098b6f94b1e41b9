#pragma once

#include "symphony/call/request.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/core/result.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/net/response.hpp"
#include "symphony/policy/circuit_breaker.hpp"
#include "symphony/store/circuit_store.hpp"
#include "symphony/store/rate_store.hpp"
#include "symphony/store/redis_options.hpp"
#include "symphony/telemetry/alert_desk.hpp"
#include "symphony/telemetry/event.hpp"
#include "symphony/telemetry/metrics.hpp"
#include "symphony/tool/status.hpp"
#include "symphony/tool/tool.hpp"
#include "symphony/tool/tool_options.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

namespace detail {
class engine;
}

/// Makes what keeps shared budgets, instead of Redis: for one target and one executor, on which it
/// is used. Never null.
using rate_store_factory = std::function<std::shared_ptr<rate_store>(
    const redis_options& target, const boost::asio::any_io_executor& executor)>;

/// The same for shared circuits.
using circuit_store_factory = std::function<std::shared_ptr<circuit_store>(
    const redis_options& target, const boost::asio::any_io_executor& executor)>;

/// How a `client` runs. All have defaults.
struct client_options {
    std::size_t threads = 0;  ///< 0: one per core that the process may use
    /// The user's own executor instead of threads: one that never runs two handlers at once.
    /// The blocking calls then need another thread to run it.
    std::optional<boost::asio::any_io_executor> executor{};
    std::shared_ptr<const clock> time{};     ///< default: the system's
    event_sink events{};                     ///< default: nobody listens
    rate_store_factory stores{};             ///< default: Redis, as `rate_sharing` says
    circuit_store_factory circuit_stores{};  ///< default: Redis, as `circuit_sharing` says
    alerting_options alerting{};             ///< how the alerts of circuits are delivered
};

/// The tools of one `client`, by name.
class tool_registry {
public:
    /// Adds a tool. Throws std::invalid_argument naming all that is wrong: a name used twice, a
    /// bad URL, an impossible limit, two different limits under one key prefix.
    tool create(tool_options options);
    [[nodiscard]] std::optional<tool> find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> names() const;

private:
    friend class client;
    explicit tool_registry(client& owner) : owner_(&owner) {}
    client* owner_;
};

/// The facade: owns the threads, the connections, the policies' state and the tools. Everything
/// that was got from it must be gone before it is, but for calls under way on a user's executor:
/// these are cancelled, and end when that executor runs on. Thread-safe.
class client {
public:
    /// Throws std::invalid_argument on impossible `alerting`.
    explicit client(client_options options = {});
    /// Waits up to 3 s for alerts that are on their way.
    ~client();
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    [[nodiscard]] tool_registry& tools() noexcept { return tools_; }

    /// One managed call to `tool`'s `endpoint`, which are looked up at once, from any coroutine on
    /// any executor.
    [[nodiscard]] boost::asio::awaitable<result<response>> call(std::string_view tool,
                                                                std::string_view endpoint,
                                                                request&& what);
    [[nodiscard]] boost::asio::awaitable<result<response>> call(std::string_view tool,
                                                                std::string_view endpoint,
                                                                const request& what) {
        return call(tool, endpoint, request(what));
    }
    [[nodiscard]] result<response> call_blocking(std::string_view tool, std::string_view endpoint,
                                                 request what);

    /// Opens connections to the API now, TLS and all, on every shard: as many as its
    /// `http.warm_connections`, at least 1 (over HTTP/2 one is enough). Those that are there count.
    /// From any coroutine on any executor. Errors: `not_found`, or that of the first connection
    /// that failed; the others stay. Endpoints with `warm_connections` get theirs by themselves
    /// when they are put into service; what fails then is the event `transport.warm_up`.
    [[nodiscard]] boost::asio::awaitable<result<void>> warm_up(std::string_view tool,
                                                               std::string_view endpoint);

    /// Replaces all tools in one step. Calls in flight finish on what they began with; limiters
    /// (by key prefix), breakers and metrics (by tool and endpoint) keep their state. On an error
    /// nothing changes; the messages name every fault. `alerting`: nothing leaves it as it is.
    [[nodiscard]] result<void> replace_tools(std::vector<tool_options> tools,
                                             std::optional<alerting_options> alerting = {});

    /// Errors: `not_found`; `invalid_request` when the endpoint has no breaker.
    [[nodiscard]] result<void> control_breaker(std::string_view tool, std::string_view endpoint,
                                               circuit_control mode);
    /// Sends a test alert through every channel of one endpoint's circuit and waits for what comes
    /// of it. Errors: `not_found`; `invalid_request` when the endpoint has no alerts.
    [[nodiscard]] result<std::vector<alert_delivery>> test_alerts(std::string_view tool,
                                                                  std::string_view endpoint);
    [[nodiscard]] std::vector<tool_status> status() const;
    /// The budget of one endpoint's limiter right now; nothing without one. For the gateway's
    /// RateLimit fields.
    [[nodiscard]] std::optional<rate_limiter::view> rate_limit_view(
        std::string_view tool, std::string_view endpoint) const;
    /// The configured `timeout` of one endpoint; nothing for an unknown one. For the gateway, which
    /// waits for a caller's body before and during the call.
    [[nodiscard]] std::optional<duration> timeout_of(std::string_view tool,
                                                     std::string_view endpoint) const;
    [[nodiscard]] const metrics_registry& metrics() const noexcept;

    /// The executors calls run on, one per thread: servers that share them pay no change of
    /// thread. `call` made on one of them stays on it.
    [[nodiscard]] std::vector<boost::asio::any_io_executor> executors() const;
    /// The timers of the shard that runs on `executor` (one of `executors()`).
    [[nodiscard]] timers& timers_of(const boost::asio::any_io_executor& executor) const;
    [[nodiscard]] const clock& time() const noexcept;

    /// No new calls (they get `cancelled`); returns when those in flight are over or `limit`
    /// passes, after which they are cancelled. True if none had to be.
    bool shut_down(duration limit);

private:
    friend class api;
    friend class tool;
    friend class tool_registry;
    std::shared_ptr<detail::engine> engine_;
    tool_registry tools_{*this};
};

}  // namespace symphony
