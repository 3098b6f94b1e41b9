#include "gateway/problem.hpp"

#include "symphony/core/json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace symphony::gateway {
namespace {

using namespace std::chrono_literals;

error make_error(error_kind kind, std::string message) {
    error failure;
    failure.kind = kind;
    failure.message = std::move(message);
    return failure;
}

TEST(problem, has_the_status_of_the_contract) {
    const std::pair<error_kind, int> table[] = {
        {error_kind::rate_limited, 429},
        {error_kind::circuit_open, 503},
        {error_kind::overloaded, 503},
        {error_kind::store_unavailable, 503},
        {error_kind::invalid_request, 400},
        {error_kind::cancelled, 499},
        {error_kind::timeout, 504},
        {error_kind::dns_failed, 502},
        {error_kind::connect_failed, 502},
        {error_kind::tls_failed, 502},
        {error_kind::connection_lost, 502},
        {error_kind::protocol_error, 502},
        {error_kind::response_too_large, 502},
        {error_kind::invalid_response, 502},
        {error_kind::auth_failed, 502},
        {error_kind::not_found, 404},
        {error_kind::internal, 500},
    };
    for (const auto& [kind, status] : table)
        EXPECT_EQ(status_of(kind), status) << to_string(kind);
}

TEST(problem, tells_all_that_is_known) {
    error failure = make_error(error_kind::rate_limited, "10 per second are used up");
    failure.retry_after = 1200ms + 1ns;
    failure.attempts = 2;
    const response answer = make_problem(failure, "demo", "api");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.fields.get("content-type"), "application/problem+json");
    EXPECT_EQ(answer.fields.get("retry-after"), "2");
    const auto document = json::parse(answer.body);
    ASSERT_TRUE(document);
    const json expected = json::of({{"type", "urn:symphony:error:rate_limited"},
                                    {"title", "Rate limit reached"},
                                    {"status", 429},
                                    {"detail", "10 per second are used up"},
                                    {"kind", "rate_limited"},
                                    {"tool", "demo"},
                                    {"endpoint", "api"},
                                    {"attempts", 2},
                                    {"retryAfterMs", 1201}});
    EXPECT_EQ(*document, expected) << answer.body;
}

TEST(problem, promises_no_wait_that_nobody_knows) {
    error failure = make_error(error_kind::circuit_open, "opened by hand");
    failure.retry_after = duration::max();
    const response answer = make_problem(failure, "demo", "api");
    EXPECT_FALSE(answer.fields.contains("retry-after"));
    EXPECT_EQ(answer.body.find("retryAfterMs"), std::string::npos);
}

TEST(problem, says_it_in_proxy_status_too) {
    const response answer =
        make_problem(make_error(error_kind::timeout, "said \"no\" \\ \xc3\xa4"));
    EXPECT_EQ(answer.fields.get("proxy-status"),
              R"(symphony; error=http_response_timeout; details="said \"no\" \\ ??")");
    EXPECT_FALSE(
        make_problem(make_error(error_kind::cancelled, "x")).fields.contains("proxy-status"));
}

TEST(problem, tells_a_connection_that_never_came_about_from_a_late_answer) {
    struct {
        int attempts;
        bool maybe_sent;
        std::string_view type;
    } const table[] = {
        {1, false, "connection_timeout"},
        {3, false, "connection_timeout"},
        {1, true, "http_response_timeout"},
        {0, false, "http_response_timeout"},  // no attempt was made
    };
    for (const auto& each : table) {
        error late = make_error(error_kind::timeout, "late");
        late.attempts = each.attempts;
        late.maybe_sent = each.maybe_sent;
        EXPECT_EQ(proxy_error_of(late), each.type) << each.attempts << each.maybe_sent;
    }
    error lost = make_error(error_kind::connect_failed, "nobody listens");
    lost.attempts = 1;
    EXPECT_EQ(proxy_error_of(lost), "connection_refused");
}

TEST(problem, tells_a_refused_certificate_from_a_broken_handshake) {
    error broken = make_error(error_kind::tls_failed, "the TLS handshake failed");
    EXPECT_EQ(proxy_error_of(broken), "tls_protocol_error");
    broken.certificate_refused = true;
    EXPECT_EQ(proxy_error_of(broken), "tls_certificate_error");
}

TEST(problem, says_whose_fault_a_refused_request_is) {
    const std::pair<int, std::string_view> table[] = {
        {400, "invalid_request"},
        {431, "invalid_request"},
        {501, "invalid_request"},
        {500, "internal"},
    };
    for (const auto& [status, kind] : table) {
        const response answer = make_refusal(status, "the reason");
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.fields.get("content-type"), "application/problem+json");
        EXPECT_TRUE(answer.fields.contains("proxy-status"));
        const auto document = json::parse(answer.body);
        ASSERT_TRUE(document);
        const error_kind meant = status == 500 ? error_kind::internal : error_kind::invalid_request;
        const json expected = json::of({{"type", "urn:symphony:error:" + std::string(kind)},
                                        {"title", title_of(meant)},
                                        {"status", status},
                                        {"detail", "the reason"},
                                        {"kind", kind},
                                        {"attempts", 0}});
        EXPECT_EQ(*document, expected) << answer.body;
    }
}

TEST(problem, keeps_what_a_server_said_to_itself) {
    error failure = make_error(error_kind::connect_failed, "no connection");
    failure.remote = "user data";
    const response answer = make_problem(failure);
    EXPECT_EQ(answer.body.find("user data"), std::string::npos);
}

TEST(problem, rounds_retry_after_up) {
    EXPECT_EQ(retry_after_seconds(0ms), 1);
    EXPECT_EQ(retry_after_seconds(1ms), 1);
    EXPECT_EQ(retry_after_seconds(1000ms), 1);
    EXPECT_EQ(retry_after_seconds(1000ms + 1ns), 2);
}

}  // namespace
}  // namespace symphony::gateway
