#pragma once

#include "symphony/auth/auth_options.hpp"
#include "symphony/call/circuit_sharing_options.hpp"
#include "symphony/call/health_check_options.hpp"
#include "symphony/call/rate_sharing_options.hpp"
#include "symphony/call/redirect_options.hpp"
#include "symphony/core/error.hpp"
#include "symphony/core/time.hpp"
#include "symphony/net/headers.hpp"
#include "symphony/net/net_options.hpp"
#include "symphony/policy/circuit_breaker_options.hpp"
#include "symphony/policy/concurrency_options.hpp"
#include "symphony/policy/hedge.hpp"
#include "symphony/policy/rate_limit_options.hpp"
#include "symphony/policy/retry.hpp"
#include "symphony/telemetry/alert_options.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

/// What came of an attempt, as conditions see it (jq: `.status`, `.type`, `.kind`, `.message`,
/// `.attempt`). Conditions of a retry see failed attempts only, those of a circuit all that were
/// answered or failed.
struct attempt_failure {
    int status = 0;                    ///< of the answer; 0 when there was none
    std::optional<error_kind> kind{};  ///< when there was no answer
    /// "http" (an answer), "network" (DNS, connect, TLS, lost connection, protocol), "timeout",
    /// or the name of the kind for the rest.
    std::string_view type = "http";
    std::string_view message{};
    std::uint32_t attempt = 1;
};

using retry_condition = std::function<bool(const attempt_failure&)>;
using circuit_condition = std::function<bool(const attempt_failure&)>;

/// `middleware.error.retry`. Without conditions: network errors, time-outs of an attempt, 429,
/// 502, 503, 504. With conditions: when any of them says so.
struct retry_options {
    retry_timing timing{};
    std::vector<retry_condition> conditions{};
};

struct error_middleware_options {
    std::optional<retry_options> retry{};
};

struct middleware_options {
    error_middleware_options error{};
};

/// One external API: the value of an `externalAPIs` entry.
struct endpoint_options {
    std::string url;  ///< http or https
    /// What people see instead of `url`, where its path holds a secret; empty: `url` without
    /// user-info and query.
    std::string shown_url{};
    std::string method = "GET";  ///< default method of a call
    headers fields{};            ///< sent with every call, unless the caller gives the same
    duration timeout = std::chrono::seconds(30);  ///< the whole call; above 0
    std::optional<rate_limit_options> rate_limit{};
    std::optional<rate_sharing_options> rate_sharing{};  ///< shares `rate_limit` across processes
    std::optional<circuit_breaker_options> circuit_breaker{};
    std::optional<circuit_sharing_options> circuit_sharing{};  ///< shares `circuit_breaker`
    std::optional<health_check_options> health_check{};        ///< of `circuit_breaker`
    /// What `circuit_breaker` counts as a failure (`circuitBreaker.failureConditions`), instead of
    /// no usable answer and statuses from 500 on except 501: whatever any of these says. Must not
    /// throw. Cancelled calls and local refusals are not asked about.
    std::vector<circuit_condition> failure_conditions{};
    /// "TOOL" or "TOOL.ENDPOINT": takes the calls that `circuit_breaker` refuses
    /// (`circuitBreaker.fallbackService`); empty: nobody.
    std::string fallback{};
    std::optional<alert_options> alerts{};  ///< of `circuit_breaker`
    std::optional<concurrency_options> concurrency{};
    std::optional<hedge_options> hedge{};
    std::optional<auth_options> auth{};
    middleware_options middleware{};
    tls_options tls{};
    http_options http{};
    redirect_options redirects{};  ///< `http.redirects` and `http.maxRedirects`
    limit_options limits{};
};

/// The layers a call passes, outermost first, for people: "deadline 30s", "retry …", and so on.
[[nodiscard]] std::vector<std::string> describe_chain(const std::string& tool,
                                                      const std::string& endpoint,
                                                      const endpoint_options& options);

}  // namespace symphony
