#include "call/http_outcome.hpp"

#include <algorithm>

namespace symphony {

namespace {

bool is_network(error_kind kind) noexcept {
    switch (kind) {
        case error_kind::dns_failed:
        case error_kind::connect_failed:
        case error_kind::tls_failed:
        case error_kind::connection_lost:
        case error_kind::protocol_error:
            return true;
        default:
            return false;
    }
}

}  // namespace

bool is_circuit_failure(error_kind kind) noexcept {
    return is_network(kind) || kind == error_kind::timeout ||
           kind == error_kind::response_too_large || kind == error_kind::invalid_response;
}

attempt_failure to_seen(const response& answer, std::uint32_t attempt) noexcept {
    attempt_failure seen;
    seen.attempt = attempt;
    seen.status = answer.status;
    return seen;
}

attempt_failure to_seen(const error& why, std::uint32_t attempt) noexcept {
    attempt_failure seen;
    seen.attempt = attempt;
    seen.kind = why.kind;
    seen.type = failure_type(why.kind);
    seen.message = why.message;
    return seen;
}

bool meets(const std::vector<circuit_condition>& conditions, const attempt_failure& seen) noexcept {
    return std::ranges::any_of(conditions, [&](const circuit_condition& condition) {
        try {
            return condition && condition(seen);
        } catch (...) {
            return false;
        }
    });
}

std::string_view failure_type(error_kind kind) noexcept {
    return is_network(kind) ? "network" : to_string(kind);
}

bool wants_retry(const retry_options& options, const attempt_failure& failure) {
    if (!options.conditions.empty()) {
        return std::ranges::any_of(options.conditions, [&](const retry_condition& condition) {
            return condition && condition(failure);
        });
    }
    if (failure.kind) return is_network(*failure.kind) || *failure.kind == error_kind::timeout;
    return failure.status == 429 || (failure.status >= 502 && failure.status <= 504);
}

bool is_idempotent(std::string_view method, const headers& fields) noexcept {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
           method == "OPTIONS" || method == "TRACE" || fields.contains("idempotency-key");
}

retry_reason to_retry_reason(const attempt_failure& failure) noexcept {
    if (failure.kind == error_kind::timeout) return retry_reason::timeout;
    if (failure.kind && is_network(*failure.kind)) return retry_reason::network;
    if (failure.status == 429) return retry_reason::status_429;
    if (failure.status >= 500) return retry_reason::status_5xx;
    return retry_reason::other;
}

}  // namespace symphony
