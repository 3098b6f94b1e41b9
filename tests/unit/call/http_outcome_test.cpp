#include "call/http_outcome.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

attempt_failure answered(int status) {
    attempt_failure seen;
    seen.status = status;
    return seen;
}

attempt_failure failed(error_kind kind) {
    attempt_failure seen;
    seen.kind = kind;
    seen.type = failure_type(kind);
    return seen;
}

TEST(circuit_failure, statuses_from_500_on_except_501) {
    for (const int status : {200, 204, 301, 400, 404, 408, 429, 499, 501})
        EXPECT_FALSE(is_circuit_failure(status)) << status;
    for (const int status : {500, 502, 503, 504, 505, 599})
        EXPECT_TRUE(is_circuit_failure(status)) << status;
}

TEST(circuit_failure, no_usable_answer_counts_and_local_refusals_do_not) {
    for (const auto kind :
         {error_kind::dns_failed, error_kind::connect_failed, error_kind::tls_failed,
          error_kind::timeout, error_kind::connection_lost, error_kind::protocol_error}) {
        EXPECT_TRUE(is_circuit_failure(kind)) << to_string(kind);
    }
    for (const auto kind :
         {error_kind::rate_limited, error_kind::circuit_open, error_kind::overloaded,
          error_kind::store_unavailable, error_kind::invalid_request, error_kind::cancelled,
          error_kind::auth_failed, error_kind::not_found}) {
        EXPECT_FALSE(is_circuit_failure(kind)) << to_string(kind);
    }
}

TEST(wants_retry, by_default_network_timeouts_429_502_503_504) {
    const retry_options options;
    for (const int status : {429, 502, 503, 504})
        EXPECT_TRUE(wants_retry(options, answered(status))) << status;
    for (const int status : {400, 404, 409, 500, 501, 505})
        EXPECT_FALSE(wants_retry(options, answered(status))) << status;
    for (const auto kind :
         {error_kind::dns_failed, error_kind::connect_failed, error_kind::tls_failed,
          error_kind::connection_lost, error_kind::protocol_error, error_kind::timeout})
        EXPECT_TRUE(wants_retry(options, failed(kind))) << to_string(kind);
    for (const auto kind : {error_kind::rate_limited, error_kind::circuit_open,
                            error_kind::invalid_request, error_kind::response_too_large})
        EXPECT_FALSE(wants_retry(options, failed(kind))) << to_string(kind);
}

TEST(wants_retry, with_conditions_when_any_says_so_and_only_then) {
    retry_options options;
    options.conditions.push_back([](const attempt_failure& f) { return f.status == 418; });
    options.conditions.push_back([](const attempt_failure& f) { return f.type == "network"; });
    EXPECT_TRUE(wants_retry(options, answered(418)));
    EXPECT_FALSE(wants_retry(options, answered(503)));
    EXPECT_TRUE(wants_retry(options, failed(error_kind::dns_failed)));
    EXPECT_FALSE(wants_retry(options, failed(error_kind::timeout)));
}

TEST(idempotent, by_method_or_by_key) {
    for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
        EXPECT_TRUE(is_idempotent(method, {})) << method;
    for (const char* method : {"POST", "PATCH", "CONNECT", "get", "PURGE"})
        EXPECT_FALSE(is_idempotent(method, {})) << method;
    EXPECT_TRUE(is_idempotent("POST", {{"Idempotency-Key", "1"}}));
}

TEST(retry_reason, tells_apart_what_dashboards_tell_apart) {
    EXPECT_EQ(to_retry_reason(failed(error_kind::timeout)), retry_reason::timeout);
    EXPECT_EQ(to_retry_reason(failed(error_kind::connection_lost)), retry_reason::network);
    EXPECT_EQ(to_retry_reason(answered(429)), retry_reason::status_429);
    EXPECT_EQ(to_retry_reason(answered(503)), retry_reason::status_5xx);
    EXPECT_EQ(to_retry_reason(answered(404)), retry_reason::other);
}

}  // namespace
}  // namespace symphony
