#include "call/endpoint.hpp"

#include "symphony/net/tls_client.hpp"

#include <utility>
#include <vector>

namespace symphony {

namespace {

// A user name in the URL stands for basic credentials, unless an `auth` block says otherwise.
std::optional<auth_options> credentials_of(const endpoint_options& options, const url& base) {
    return options.auth ? options.auth : basic_credentials_in(base);
}

std::vector<const redis_options*> stores_of(const endpoint_options& options) {
    std::vector<const redis_options*> all;
    if (options.rate_sharing) all.push_back(&options.rate_sharing->redis);
    if (options.circuit_sharing) all.push_back(&options.circuit_sharing->redis);
    return all;
}

// Changed certificate files, told as an event of the endpoint that uses them.
net::tls_reload_listener reload_listener(const endpoint_events& events) {
    if (!events.heard()) return {};
    return [events](const net::tls_reload& what) {
        event told;
        told.name = "tls.reload";
        told.level = what.taken ? severity::info : severity::warn;
        told.message = what.message;
        told.fields = {{"taken", what.taken ? "true" : "false"}};
        told.at = what.at;
        events.tell(std::move(told));
    };
}

}  // namespace

endpoint::endpoint(endpoint_options options, endpoint_events events,
                   std::shared_ptr<const net::destination> where,
                   std::optional<credentials> identity)
    : options_(std::move(options)),
      events_(std::move(events)),
      where_(std::move(where)),
      identity_(std::move(identity)),
      standing_(options_.fields, identity_ ? identity_->authorization() : std::string_view{},
                options_.http.decompress),
      bare_target_(join_target(where_->base, {}, {}).value_or("/")) {}

result<std::shared_ptr<endpoint>> endpoint::make(endpoint_options options, endpoint_events events) {
    if (auto wrong = problem(options)) return fail(error_kind::invalid_request, std::move(*wrong));
    const result<url> base = url::parse(options.url);
    if (!base) return std::unexpected(base.error());
    auto where = net::destination::make(*base, options.tls, options.http, options.limits,
                                        reload_listener(events));
    if (!where) return std::unexpected(std::move(where.error()));
    for (const redis_options* const redis : stores_of(options)) {
        if (!redis->tls) continue;
        const auto checked = net::make_tls_client(redis->tls_settings);
        if (!checked) return std::unexpected(checked.error());
    }
    std::optional<credentials> identity;
    if (const auto auth = credentials_of(options, *base)) {
        result<credentials> made = credentials::make(*auth);
        if (!made) return std::unexpected(std::move(made.error()));
        identity = std::move(*made);
    }
    auto health = health_target::make(options);
    if (!health) return std::unexpected(std::move(health.error()));
    std::shared_ptr<endpoint> made(new endpoint(std::move(options), std::move(events),
                                                std::move(*where), std::move(identity)));
    made->health_ = std::move(*health);
    return made;
}

std::optional<std::string> problem(const endpoint_options& options) {
    if (!is_valid_header(options.method, "")) return "method must be a token (RFC 9110)";
    if (options.timeout <= duration::zero()) return "timeout must be above 0";
    if (options.rate_limit) {
        if (auto wrong = options.rate_limit->problem()) return "rate limit: " + *wrong;
    }
    if (options.rate_sharing) {
        if (!options.rate_limit) return "rate sharing: there is no rate limit to share";
        if (auto wrong = options.rate_sharing->problem()) return "rate sharing: " + *wrong;
    }
    if (options.circuit_breaker) {
        if (auto wrong = options.circuit_breaker->problem()) return "circuit breaker: " + *wrong;
    }
    if (options.circuit_sharing && !options.circuit_breaker) {
        return "circuit sharing: there is no circuit breaker to share";
    }
    if (!options.failure_conditions.empty() && !options.circuit_breaker) {
        return "failure conditions: there is no circuit breaker to tell";
    }
    if (options.concurrency) {
        if (auto wrong = options.concurrency->problem()) return "concurrency: " + *wrong;
    }
    if (options.hedge) {
        if (auto wrong = options.hedge->problem()) return "hedge: " + *wrong;
    }
    if (!options.fallback.empty() && !options.circuit_breaker) {
        return "fallback: there is no circuit breaker to take over from";
    }
    if (options.health_check) {
        if (!options.circuit_breaker) return "health check: there is no circuit breaker to serve";
        if (auto wrong = options.health_check->problem()) return "health check: " + *wrong;
    }
    if (options.alerts) {
        if (!options.circuit_breaker) return "alerts: there is no circuit breaker to tell of";
        if (auto wrong = options.alerts->problem()) return "alerts: " + *wrong;
    }
    if (const auto& retry = options.middleware.error.retry) {
        if (retry->timing.max_attempts < 1) return "retry: at least 1 attempt";
        if (retry->timing.base_delay < duration::zero() ||
            retry->timing.max_delay < retry->timing.base_delay) {
            return "retry: delays must not be negative, and maxDelay not below baseDelay";
        }
    }
    if (options.http.max_connections < 1 || options.http.max_connections > 65'535) {
        return "http: max connections must be 1 to 65535";
    }
    if (options.http.idle_timeout <= duration::zero() ||
        options.http.connect_timeout <= duration::zero()) {
        return "http: time-outs must be above 0";
    }
    for (const auto& bound :
         {options.http.resolve_timeout, options.http.tls_timeout, options.http.first_byte_timeout,
          options.http.between_bytes_timeout}) {
        if (bound && *bound <= duration::zero()) return "http: time-outs must be above 0";
    }
    if (options.http.warm_connections > options.http.max_connections) {
        return "http: warm connections must not be more than max connections";
    }
    if (options.redirects.max < 1 || options.redirects.max > 50) {
        return "redirects: max must be 1 to 50";
    }
    if (options.limits.max_response_bytes < 1 || options.limits.max_header_bytes < 1) {
        return "limits must be above 0";
    }
    return std::nullopt;
}

}  // namespace symphony
