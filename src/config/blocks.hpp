#pragma once

#include "config/reader.hpp"
#include "symphony/config/file_options.hpp"

#include <array>
#include <optional>
#include <vector>

namespace symphony::detail {

/// In the order of `rate_strategy`.
inline constexpr std::array<known, 3> rate_strategies{
    {{"sliding-window"}, {"token-bucket"}, {"leaky-bucket"}}};

// One function a block of the file: each turns its value into the options struct and reports what
// is wrong with it. What comes back after a fault is never used.

/// A rate limit and, when it is `distributed`, how it is shared.
struct read_limit {
    rate_limit_options limit{};
    std::optional<rate_sharing_options> sharing{};
};
[[nodiscard]] read_limit read_rate_limit(const cursor& at);
/// What the `rateLimit` block says about sharing. `strategy`: that of the block, if any; comes back
/// as the one that rules.
[[nodiscard]] std::optional<rate_sharing_options> read_rate_sharing(
    const object& limit, std::optional<rate_strategy>& strategy);
[[nodiscard]] redis_options read_redis(const cursor& at);
/// A circuit breaker and what belongs to it beyond the policy.
struct read_breaker {
    circuit_breaker_options breaker{};
    std::vector<circuit_condition> failure_conditions{};
    std::optional<circuit_sharing_options> sharing{};
    std::optional<health_check_options> health_check{};
    std::string fallback{};
    std::optional<alert_options> alerts{};
};
/// `limit`: how the endpoint's rate limit is shared, if it is: `shared: true` means the same store.
[[nodiscard]] read_breaker read_circuit_breaker(const cursor& at,
                                                const std::optional<rate_sharing_options>& limit);
/// `circuitBreaker.monitoring.alerts`.
[[nodiscard]] alert_options read_alerts(const cursor& at);
/// The file's `alerting` block: to be read before the tools.
[[nodiscard]] alerting_options read_alerting(const cursor& at);
/// The path of a file with certificates, relative to the configuration.
[[nodiscard]] std::optional<std::string> read_authorities(const cursor& at);
/// An http or https URL. It may hold credentials in its user-info and query: no message repeats any
/// of it.
[[nodiscard]] std::optional<std::string> read_url(const cursor& at);
/// Of a host out of `${file:}`: connections, status pages and messages name it.
inline constexpr std::string_view secret_host =
    "what comes from ${file:} is a secret, and hosts are shown: user-info, path and query may come "
    "from there";
/// The `auth` block: what a request carries, or what its connection shows of itself.
struct read_identity {
    std::optional<auth_options> auth{};
    std::optional<tls_identity> certificate{};
};
[[nodiscard]] read_identity read_auth(const cursor& at);
/// `cert`, `key` and `passphrase` of a block: files next to the configuration, or PEM itself.
void read_certificate(const object& block, tls_identity& identity);
[[nodiscard]] middleware_options read_middleware(const cursor& at);
[[nodiscard]] retry_options read_retry(const cursor& at);
/// A list of jq programs over an attempt's outcome; a fault when it is empty.
[[nodiscard]] std::vector<retry_condition> read_conditions(const cursor& at);
[[nodiscard]] concurrency_options read_concurrency(const cursor& at);
[[nodiscard]] hedge_options read_hedge(const cursor& at);
[[nodiscard]] tls_options read_tls(const cursor& at);
[[nodiscard]] server_tls_options read_server_tls(const cursor& at);
/// The `http` block.
struct read_transport {
    http_options http{};
    redirect_options redirects{};
};
[[nodiscard]] read_transport read_http(const cursor& at);
[[nodiscard]] limit_options read_limits(const cursor& at);
[[nodiscard]] endpoint_options read_endpoint(const cursor& at);
[[nodiscard]] std::vector<tool_options> read_tools(const cursor& at);
[[nodiscard]] gateway_options read_gateway(const cursor& at);
[[nodiscard]] log_options read_log(const cursor& at);

}  // namespace symphony::detail
