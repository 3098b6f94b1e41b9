#include "call/text.hpp"
#include "symphony/call/endpoint_options.hpp"
#include "symphony/core/url.hpp"
#include "symphony/net/proxy.hpp"

#include <fmt/format.h>

namespace symphony {

namespace {

std::string retry_text(const retry_options& retry) {
    const retry_timing& timing = retry.timing;
    std::string text = fmt::format(
        "retry            up to {} attempts, {} from {} to {}, full jitter, within a budget",
        timing.max_attempts, timing.shape == backoff::exponential ? "exponential" : "linear",
        duration_text(timing.base_delay), duration_text(timing.max_delay));
    text += retry.conditions.empty() ? "; network errors, time-outs, 429, 502, 503, 504"
                                     : fmt::format("; {} condition{}", retry.conditions.size(),
                                                   retry.conditions.size() == 1 ? "" : "s");
    return text;
}

std::string hedge_text(const hedge_options& hedge) {
    return fmt::format("hedge            up to {} more after {}, where that is safe and at once",
                       hedge.max,
                       hedge.after ? duration_text(*hedge.after)
                                   : fmt::format("the p{:.0f} of latencies", hedge.quantile * 100));
}

std::string concurrency_text(const concurrency_options& limit) {
    std::string text =
        limit.adaptive ? fmt::format("concurrency      adaptive, {} to {} at a time, {} at first",
                                     limit.min, limit.highest(), limit.first())
                       : fmt::format("concurrency      {} at a time", limit.max);
    if (limit.max_queue_size == 0) return text + "; never waits";
    text += fmt::format("; queue of {}", limit.max_queue_size);
    if (limit.max_queue_time) text += fmt::format(" for {}", duration_text(*limit.max_queue_time));
    return text;
}

std::string breaker_text(const circuit_breaker_options& breaker, std::size_t conditions) {
    std::string text =
        fmt::format("circuit breaker  opens after {} failures", breaker.failure_threshold);
    if (conditions > 0) {
        text += fmt::format(" by {} condition{}", conditions, conditions == 1 ? "" : "s");
    }
    if (breaker.failure_rate || breaker.latency_threshold) {
        text += fmt::format(" or at a share of {:g} within {}", breaker.failure_rate.value_or(0.5),
                            duration_text(breaker.window));
    }
    if (breaker.latency_threshold) {
        text += fmt::format(", slow above {}", duration_text(*breaker.latency_threshold));
    }
    text +=
        fmt::format("; for {}, at most {}", duration_text(breaker.reset_timeout),
                    duration_text(breaker.max_reset_timeout.value_or(10 * breaker.reset_timeout)));
    if (breaker.recovery == recovery_kind::gradual) text += ", then 10, 20, 40, 80 % of the calls";
    if (breaker.recovery == recovery_kind::custom) text += ", then a recovery of its own";
    return text;
}

std::string health_text(const health_check_options& check, duration reset_timeout) {
    const auto page = url::parse(check.url);
    return fmt::format("  health check   {} every {} while open",
                       page ? page->display() : "(no valid URL)",
                       duration_text(check.interval_for(reset_timeout)));
}

std::string alerts_text(const alert_options& alerts) {
    std::vector<std::string> channels;
    if (!alerts.slack.empty()) channels.emplace_back("Slack");
    if (!alerts.email.empty()) channels.push_back("e-mail to " + alerts.email);
    if (!alerts.webhook.empty()) channels.emplace_back("a webhook");
    return fmt::format("  alerts         by {}; one in {} at most", fmt::join(channels, ", "),
                       duration_text(alerts.min_interval));
}

std::string limit_text(const rate_limit_options& limit, const std::string& key) {
    std::string text = "rate limit       ";
    const char* separator = "";
    for (const rate_level& level : limit.levels()) {
        text += fmt::format("{}{} per {}", separator, level.max, duration_text(level.window));
        separator = ", ";
    }
    constexpr const char* names[]{"sliding window", "token bucket", "leaky bucket"};
    text += fmt::format("; {}, key {}", names[static_cast<std::size_t>(limit.strategy)], key);
    if (limit.max_queue_size == 0) return text + ", never waits";
    text += fmt::format(", queue of {}", limit.max_queue_size);
    if (limit.max_queue_time) text += fmt::format(" for {}", duration_text(*limit.max_queue_time));
    return text;
}

std::string sharing_text(const rate_sharing_options& sharing) {
    constexpr const char* modes[]{"this process keeps to its share", "all are admitted",
                                  "all are refused"};
    std::string text = "  shared         " + describe_target(sharing.redis);
    text += fmt::format("; while it is down {}",
                        modes[static_cast<std::size_t>(sharing.on_store_failure)]);
    if (!sharing.lease) return text + "; no leases";
    return text + fmt::format("; leases up to {}", duration_text(sharing.lease_time));
}

std::string transport_text(const endpoint_options& options) {
    const auto base = url::parse(options.url);
    const bool offered = base && base->is_tls() && options.http.version == http_version::automatic;
    const char* const version = options.http.version == http_version::http2 ? "HTTP/2"
                                : offered                                   ? "HTTP/2 or 1.1"
                                                                            : "HTTP/1.1";
    std::string text = fmt::format("transport        {} to {}", version,
                                   base ? base->origin() : std::string("(no valid URL)"));
    if (base && base->is_tls()) {
        text += fmt::format(", TLS {} or later, verified{}", options.tls.min_version,
                            options.tls.ca.empty() ? "" : " (own CA)");
    }
    if (base) {
        const auto proxy = net::proxy_for(*base, options.http.proxy);
        if (proxy && *proxy) text += fmt::format(", through the proxy {}", (*proxy)->authority);
        if (!proxy) text += ", through a proxy that cannot be used";
    }
    text += fmt::format(", up to {} connections", options.http.max_connections);
    if (options.http.warm_connections > 0) {
        text += fmt::format(" ({} warm)", options.http.warm_connections);
    }
    return text;
}

std::string times_text(const http_options& http) {
    std::string text =
        fmt::format("  at most        {} to connect", duration_text(http.connect_timeout));
    const auto add = [&](const std::optional<duration>& most, std::string_view what) {
        if (most) text += fmt::format(", {} {}", duration_text(*most), what);
    };
    add(http.resolve_timeout, "of it to resolve");
    add(http.tls_timeout, "of it for TLS");
    add(http.first_byte_timeout, "to the first byte");
    add(http.between_bytes_timeout, "between bytes");
    return text;
}

bool has_times(const http_options& http) noexcept {
    return http.connect_timeout != http_options().connect_timeout || http.resolve_timeout ||
           http.tls_timeout || http.first_byte_timeout || http.between_bytes_timeout;
}

std::string redirects_text(const redirect_options& redirects) {
    return fmt::format("  redirects      up to {}, {}", redirects.max,
                       redirects.follow == redirect_policy::any
                           ? "anywhere but to plain http; no credentials to another origin"
                           : "within the origin");
}

}  // namespace

std::vector<std::string> describe_chain(const std::string& tool, const std::string& endpoint,
                                        const endpoint_options& options) {
    std::vector<std::string> chain;
    chain.push_back("deadline         " + duration_text(options.timeout));
    if (!options.fallback.empty()) {
        chain.push_back(
            fmt::format("fallback         {}, while the circuit refuses", options.fallback));
    }
    if (options.middleware.error.retry) {
        chain.push_back(retry_text(*options.middleware.error.retry));
    }
    if (options.hedge) chain.push_back(hedge_text(*options.hedge));
    if (options.circuit_breaker) {
        chain.push_back(breaker_text(*options.circuit_breaker, options.failure_conditions.size()));
    }
    if (options.circuit_breaker && options.circuit_sharing) {
        chain.push_back("  shared         " + describe_target(options.circuit_sharing->redis) +
                        "; opens for all when most find it broken; while it is down, on its own");
    }
    if (options.circuit_breaker && options.health_check) {
        chain.push_back(health_text(*options.health_check, options.circuit_breaker->reset_timeout));
    }
    if (options.circuit_breaker && options.alerts) chain.push_back(alerts_text(*options.alerts));
    if (options.rate_limit) {
        const std::string own_key = fmt::format("{}.{}", tool, endpoint);
        const std::string& given = options.rate_limit->key_prefix;
        chain.push_back(limit_text(*options.rate_limit, given.empty() ? own_key : given));
        if (options.rate_sharing) chain.push_back(sharing_text(*options.rate_sharing));
        if (options.circuit_breaker) chain.push_back("circuit breaker  permit");
    }
    if (options.concurrency) chain.push_back(concurrency_text(*options.concurrency));
    if (options.auth) {
        chain.push_back(fmt::format("credentials      {}",
                                    options.auth->type == auth_type::basic ? "basic" : "bearer"));
    }
    if (options.tls.identity) chain.push_back("credentials      mtls (client certificate)");
    chain.push_back(transport_text(options));
    if (has_times(options.http)) chain.push_back(times_text(options.http));
    if (options.redirects.follow != redirect_policy::none) {
        chain.push_back(redirects_text(options.redirects));
    }
    return chain;
}

}  // namespace symphony
