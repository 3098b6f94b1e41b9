#include "gateway/problem.hpp"

#include "symphony/core/json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace symphony::gateway {

int status_of(error_kind kind) noexcept {
    switch (kind) {
        case error_kind::rate_limited:
            return 429;
        case error_kind::circuit_open:
        case error_kind::overloaded:
        case error_kind::store_unavailable:
            return 503;
        case error_kind::invalid_request:
            return 400;
        case error_kind::cancelled:
            return 499;
        case error_kind::timeout:
            return 504;
        case error_kind::dns_failed:
        case error_kind::connect_failed:
        case error_kind::tls_failed:
        case error_kind::connection_lost:
        case error_kind::protocol_error:
        case error_kind::response_too_large:
        case error_kind::invalid_response:
        case error_kind::auth_failed:
            return 502;
        case error_kind::not_found:
            return 404;
        case error_kind::internal:
            return 500;
    }
    return 500;
}

std::string_view title_of(error_kind kind) noexcept {
    switch (kind) {
        case error_kind::rate_limited:
            return "Rate limit reached";
        case error_kind::circuit_open:
            return "Circuit open";
        case error_kind::overloaded:
            return "Too many calls at once";
        case error_kind::store_unavailable:
            return "Shared state unavailable";
        case error_kind::invalid_request:
            return "Invalid request";
        case error_kind::cancelled:
            return "Cancelled by the caller";
        case error_kind::timeout:
            return "Deadline passed";
        case error_kind::dns_failed:
            return "Host name not resolved";
        case error_kind::connect_failed:
            return "Connection failed";
        case error_kind::tls_failed:
            return "TLS failed";
        case error_kind::connection_lost:
            return "Connection lost";
        case error_kind::protocol_error:
            return "Protocol broken";
        case error_kind::response_too_large:
            return "Answer too large";
        case error_kind::invalid_response:
            return "Invalid answer";
        case error_kind::auth_failed:
            return "No credential";
        case error_kind::not_found:
            return "No such tool or endpoint";
        case error_kind::internal:
            return "Internal error";
    }
    return "Internal error";
}

std::string_view proxy_error_of(const error& failure) noexcept {
    switch (failure.kind) {
        case error_kind::rate_limited:
        case error_kind::invalid_request:
            return "http_request_denied";
        case error_kind::circuit_open:
        case error_kind::store_unavailable:
            return "destination_unavailable";
        case error_kind::overloaded:
            return "connection_limit_reached";
        case error_kind::timeout:
            // Of an attempt that sent nothing, the connection never came about.
            return failure.attempts > 0 && !failure.maybe_sent ? "connection_timeout"
                                                               : "http_response_timeout";
        case error_kind::dns_failed:
            return "dns_error";
        case error_kind::connect_failed:
            return "connection_refused";
        case error_kind::tls_failed:
            return failure.certificate_refused ? "tls_certificate_error" : "tls_protocol_error";
        case error_kind::connection_lost:
            return "connection_terminated";
        case error_kind::protocol_error:
        case error_kind::invalid_response:
            return "http_protocol_error";
        case error_kind::response_too_large:
            return "http_response_body_size";
        case error_kind::not_found:
            return "destination_not_found";
        case error_kind::auth_failed:
        case error_kind::internal:
            return "proxy_internal_error";
        case error_kind::cancelled:
            return "";
    }
    return "proxy_internal_error";
}

std::int64_t retry_after_seconds(duration wait) noexcept {
    return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
}

namespace {

// A string of RFC 8941: printable ASCII, with '"' and '\' escaped.
std::string structured_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c < 0x20 || c > 0x7e) {
            out += '?';
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

}  // namespace

response make_problem(const error& failure, std::string_view tool, std::string_view endpoint) {
    return make_problem(status_of(failure.kind), failure, tool, endpoint);
}

response make_problem(int status, const error& failure, std::string_view tool,
                      std::string_view endpoint) {
    const std::string_view kind = to_string(failure.kind);
    // A circuit opened by hand stays open until it is released: no wait can be promised.
    const bool wait_known = failure.retry_after && *failure.retry_after != duration::max();
    json document = json::of({{"type", fmt::format("urn:symphony:error:{}", kind)},
                              {"title", title_of(failure.kind)},
                              {"status", status},
                              {"detail", failure.message},
                              {"kind", kind}});
    if (!tool.empty()) document.set("tool", tool);
    if (!endpoint.empty()) document.set("endpoint", endpoint);
    document.set("attempts", failure.attempts);
    if (wait_known) document.set("retryAfterMs", to_ms_ceil(*failure.retry_after));

    response answer;
    answer.status = status;
    answer.attempts = failure.attempts;
    answer.body = document.dump();
    answer.fields.add("content-type", "application/problem+json");
    if (wait_known) {
        answer.fields.add("retry-after",
                          fmt::format_int(retry_after_seconds(*failure.retry_after)).c_str());
    }
    if (const std::string_view token = proxy_error_of(failure); !token.empty()) {
        answer.fields.add("proxy-status", fmt::format("symphony; error={}; details={}", token,
                                                      structured_string(failure.message)));
    }
    return answer;
}

response make_refusal(int status, std::string_view reason) {
    error failure;
    // A handler that failed is our fault, all else the request's.
    failure.kind = status == 500 ? error_kind::internal : error_kind::invalid_request;
    failure.message = reason;
    return make_problem(status, failure);
}

}  // namespace symphony::gateway
