#include "config/blocks.hpp"
#include "symphony/core/url.hpp"

namespace symphony::detail {

namespace {

constexpr std::int64_t most_calls = 1'000'000'000;

std::optional<std::uint32_t> calls(const cursor& at) {
    return at.integer<std::uint32_t>(1, most_calls);
}

std::optional<duration> any_time(const cursor& at) {
    return at.time();
}

void read_monitoring(const cursor& at, read_breaker& made) {
    circuit_breaker_options& options = made.breaker;
    const object block(at, {{"window"}, {"minimumRequests"}, {"metrics"}, {"alerts"}});
    block.into(options.window, "window", [](const cursor& c) {
        return c.time({std::chrono::milliseconds(1), std::chrono::days(365)});
    });
    block.into(options.minimum_requests, "minimumRequests", calls);
    if (const auto metrics = block.get("metrics")) {
        const object inner(*metrics, {{"failureRate"}, {"latencyThreshold"}});
        inner.into(options.failure_rate, "failureRate", [](const cursor& c) { return c.share(); });
        inner.into(options.latency_threshold, "latencyThreshold", any_time);
    }
    if (const auto alerts = block.get("alerts")) made.alerts = read_alerts(*alerts);
}

void read_strategy(const cursor& at, circuit_breaker_options& options) {
    const auto which = at.choice({{"immediate"}, {"gradual"}, {"custom"}});
    if (which == 1) options.recovery = recovery_kind::gradual;
    if (which == 2) at.wrong("'custom' takes an object of C++ code: it cannot stand in a file");
}

void read_recovery(const cursor& at, circuit_breaker_options& options) {
    const object block(at, {{"strategy"}, {"successThreshold"}});
    if (const auto strategy = block.get("strategy")) {
        read_strategy(*strategy, options);
    }
    block.into(options.success_threshold, "successThreshold",
               [](const cursor& c) { return c.integer<std::uint32_t>(1, 100'000); });
}

void read_health_check(const object& block, read_breaker& made) {
    if (const auto page = block.get("healthCheckEndpoint")) {
        auto& check = made.health_check.emplace();
        check.url = read_url(*page).value_or("");
        const auto shown = url::parse(page->masked_text().value_or(""));
        const auto parsed = url::parse(check.url);
        if (shown && parsed && shown->path != parsed->path) {
            page->wrong(
                "what comes from ${file:} is a secret, and this path is shown: "
                "user-info and query may come from there");
        }
    }
    if (const auto interval = block.get("healthCheckInterval")) {
        const auto read = interval->time({std::chrono::milliseconds(10), std::chrono::days(1)});
        if (made.health_check) {
            made.health_check->interval = read;
        } else {
            interval->incomplete("goes with 'healthCheckEndpoint' only");
        }
    }
}

// Whether there is such an endpoint is seen when all tools are read.
void read_fallback(const cursor& at, read_breaker& made) {
    auto text = at.shown_text();
    if (!text) return;
    const auto dot = text->find('.');
    const bool named =
        is_name(std::string_view(*text).substr(0, dot)) &&
        (dot == std::string::npos || is_name(std::string_view(*text).substr(dot + 1)));
    if (!named) {
        at.wrong("must be TOOL or TOOL.ENDPOINT");
        return;
    }
    made.fallback = std::move(*text);
}

// `true` and `false`, or an object that says where.
void read_shared(const cursor& at, const std::optional<rate_sharing_options>& limit,
                 read_breaker& made) {
    if (at.value().kind == node::type::map) {
        const object block(at, {{"redis"}});
        if (const auto redis = block.require("redis")) made.sharing = {read_redis(*redis)};
        return;
    }
    const auto which = at.choice({{"false"}, {"true"}});
    if (which != 1) return;
    if (limit) {
        made.sharing = {limit->redis};
    } else {
        at.wrong("needs Redis: that of 'rateLimit.distributed', or 'shared: {redis: ...}'");
    }
}

}  // namespace

read_breaker read_circuit_breaker(const cursor& at,
                                  const std::optional<rate_sharing_options>& limit) {
    const object block(at, {{"failureThreshold"},
                            {"resetTimeoutMs"},
                            {"maxResetTimeoutMs"},
                            {"monitoring"},
                            {"recovery"},
                            {"failureConditions"},
                            {"healthCheckEndpoint"},
                            {"healthCheckInterval"},
                            {"fallbackService"},
                            {"shared"}});
    read_breaker made;
    circuit_breaker_options& options = made.breaker;
    block.into(options.failure_threshold, "failureThreshold", calls);
    block.into(options.reset_timeout, "resetTimeoutMs", any_time);
    if (const auto most = block.get("maxResetTimeoutMs")) {
        options.max_reset_timeout = most->time();
        if (options.max_reset_timeout && *options.max_reset_timeout < options.reset_timeout) {
            most->wrong("must be at least 'resetTimeoutMs'");
        }
    }
    if (const auto monitoring = block.get("monitoring")) read_monitoring(*monitoring, made);
    if (const auto recovery = block.get("recovery")) read_recovery(*recovery, options);
    if (const auto conditions = block.get("failureConditions")) {
        made.failure_conditions = read_conditions(*conditions);
    }
    if (const auto shared = block.get("shared")) read_shared(*shared, limit, made);
    read_health_check(block, made);
    if (const auto fallback = block.get("fallbackService")) read_fallback(*fallback, made);
    return made;
}

}  // namespace symphony::detail
