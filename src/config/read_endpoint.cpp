#include "config/blocks.hpp"
#include "symphony/core/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace symphony::detail {

namespace {

void read_method(const cursor& at, endpoint_options& options) {
    auto text = at.shown_text();
    if (!text) return;
    // A method and a field name are the same kind of token (RFC 9110, 5.6.2 and 9.1).
    if (!is_valid_header(*text, "") || text->size() > 32) {
        at.wrong("must be an HTTP method");
    } else if (*text == "CONNECT") {
        at.wrong("'CONNECT' is no method for an API");
    }
    options.method = std::move(*text);
}

// What the transport writes itself, and what a gateway never sends on: set here, it would be lost.
bool is_reserved(std::string_view name) {
    constexpr std::array<std::string_view, 11> reserved{"host",
                                                        "content-length",
                                                        "transfer-encoding",
                                                        "connection",
                                                        "keep-alive",
                                                        "proxy-connection",
                                                        "te",
                                                        "trailer",
                                                        "upgrade",
                                                        "expect",
                                                        "proxy-authorization"};
    return (name.size() >= 9 && iequals(name.substr(0, 9), "symphony-")) ||
           std::ranges::any_of(reserved, [name](auto one) { return iequals(name, one); });
}

// A key that cannot be a header name may be a whole field, its value and all: `authorization: x` in
// quotes, or words with no value behind them. Of such a one nothing shows behind the name.
std::string shown_name(std::string_view name, const cursor& value) {
    const bool may_hold_value =
        value.value().kind == node::type::null || name.find_first_of(":=") != name.npos;
    if (!may_hold_value) return std::string(name);
    const auto end = std::ranges::find_if(
        name, [](const char& c) { return !is_valid_header(std::string_view(&c, 1), ""); });
    return std::string(name.begin(), end) + "...";
}

void read_fields(const cursor& at, endpoint_options& options) {
    const auto members = at.members();
    if (!members) return;
    for (const auto& [name, value] : *members) {
        if (!is_valid_header(name, "")) {
            at.context().fault(value.key(), member_path(at.path(), shown_name(name, value)),
                               "no valid header name: letters, digits and !#$%&'*+-.^_`|~ only");
            continue;
        }
        if (is_reserved(name)) {
            value.incomplete("is written by Symphony itself and cannot be set");
            continue;
        }
        const auto text = value.text();
        if (!text) continue;
        if (!is_valid_header(name, *text)) {
            value.wrong("must not contain control characters");
        } else if (options.fields.contains(name)) {
            value.incomplete("this header was given before (case does not count)");
        } else {
            options.fields.add(name, *text);
        }
    }
}

template <class Target, class Read>
void read_block(const object& block, std::string_view key, Target& target, Read read) {
    if (const auto at = block.get(key)) target = read(*at);
}

// A proxy of the file's own was judged where it stands; this one is from the environment.
void check_proxy(const cursor& at, const endpoint_options& options) {
    const auto base = url::parse(options.url);
    if (!base || options.http.proxy != proxy_options::from(at.context().env())) return;
    if (const auto wrong = options.http.proxy.problem_for(*base)) {
        at.incomplete(
            fmt::format("{}_proxy of the environment cannot be used: {}", base->scheme, *wrong));
    }
}

// After `tls`, which the certificate becomes a part of.
void read_auth_into(const cursor& at, endpoint_options& options) {
    read_identity made = read_auth(at);
    options.auth = std::move(made.auth);
    options.tls.identity = std::move(made.certificate);
    const auto base = url::parse(options.url);
    if (options.tls.identity && base && !base->is_tls()) {
        at.incomplete("'type: mtls' needs an https URL: a client certificate is shown in TLS only");
    }
}

}  // namespace

std::optional<std::string> read_url(const cursor& at) {
    auto text = at.text();
    if (!text) return std::nullopt;
    const auto parsed = url::parse(*text);
    if (!parsed) {
        at.wrong("no valid URL: " + parsed.error().message);
    } else if (parsed->is_websocket()) {
        at.wrong("'" + parsed->scheme + "://' is " + std::string(not_available));
    } else if (const auto masked = at.masked_text()) {
        const auto shown = url::parse(*masked);
        if (!shown || shown->origin() != parsed->origin()) at.wrong(std::string(secret_host));
    }
    return text;
}

endpoint_options read_endpoint(const cursor& at) {
    const object block(at, {{"url"},
                            {"method"},
                            {"headers"},
                            {"timeout"},
                            {"rateLimit"},
                            {"circuitBreaker"},
                            {"auth"},
                            {"middleware"},
                            {"tls"},
                            {"http"},
                            {"limits"},
                            unavailable("isStreaming"),
                            unavailable("streamConfig"),
                            {"concurrency"},
                            {"hedge"}});
    endpoint_options options;
    if (const auto address = block.require("url")) {
        options.url = read_url(*address).value_or("");
        const auto masked = address->masked_text();
        if (const auto shown = url::parse(masked.value_or("")))
            options.shown_url = shown->display();
    }
    if (const auto method = block.get("method")) read_method(*method, options);
    if (const auto fields = block.get("headers")) read_fields(*fields, options);
    block.into(options.timeout, "timeout", [](const cursor& c) { return c.time(); });
    if (const auto limit = block.get("rateLimit")) {
        read_limit made = read_rate_limit(*limit);
        options.rate_limit = std::move(made.limit);
        options.rate_sharing = std::move(made.sharing);
    }
    if (const auto breaker = block.get("circuitBreaker")) {
        read_breaker made = read_circuit_breaker(*breaker, options.rate_sharing);
        options.circuit_breaker = std::move(made.breaker);
        options.circuit_sharing = std::move(made.sharing);
        options.health_check = std::move(made.health_check);
        options.fallback = std::move(made.fallback);
        options.alerts = std::move(made.alerts);
        options.failure_conditions = std::move(made.failure_conditions);
    }
    read_block(block, "concurrency", options.concurrency, read_concurrency);
    read_block(block, "hedge", options.hedge, read_hedge);
    read_block(block, "middleware", options.middleware, read_middleware);
    read_block(block, "tls", options.tls, read_tls);
    if (const auto auth = block.get("auth")) read_auth_into(*auth, options);
    options.http.proxy = proxy_options::from(at.context().env());
    if (const auto http = block.get("http")) {
        read_transport made = read_http(*http);
        options.http = std::move(made.http);
        options.redirects = made.redirects;
    }
    check_proxy(at, options);
    read_block(block, "limits", options.limits, read_limits);
    return options;
}

}  // namespace symphony::detail
