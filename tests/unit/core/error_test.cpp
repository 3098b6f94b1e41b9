#include "symphony/core/error.hpp"

#include "symphony/core/result.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace symphony {
namespace {

TEST(error, the_names_of_the_kinds_are_those_of_the_contract) {
    const std::pair<error_kind, const char*> names[] = {
        {error_kind::rate_limited, "rate_limited"},
        {error_kind::circuit_open, "circuit_open"},
        {error_kind::overloaded, "overloaded"},
        {error_kind::store_unavailable, "store_unavailable"},
        {error_kind::invalid_request, "invalid_request"},
        {error_kind::cancelled, "cancelled"},
        {error_kind::timeout, "timeout"},
        {error_kind::dns_failed, "dns_failed"},
        {error_kind::connect_failed, "connect_failed"},
        {error_kind::tls_failed, "tls_failed"},
        {error_kind::connection_lost, "connection_lost"},
        {error_kind::protocol_error, "protocol_error"},
        {error_kind::response_too_large, "response_too_large"},
        {error_kind::invalid_response, "invalid_response"},
        {error_kind::auth_failed, "auth_failed"},
        {error_kind::not_found, "not_found"},
        {error_kind::internal, "internal"},
    };
    for (const auto& [kind, name] : names)
        EXPECT_EQ(to_string(kind), name);
    EXPECT_EQ(to_string(static_cast<error_kind>(200)), "internal") << "never fails";
}

TEST(error, local_refusals_are_told_from_answers_of_the_network) {
    EXPECT_TRUE(is_local_refusal(error_kind::rate_limited));
    EXPECT_TRUE(is_local_refusal(error_kind::circuit_open));
    EXPECT_TRUE(is_local_refusal(error_kind::overloaded));
    EXPECT_TRUE(is_local_refusal(error_kind::store_unavailable));
    EXPECT_FALSE(is_local_refusal(error_kind::timeout));
    EXPECT_FALSE(is_local_refusal(error_kind::cancelled));
    EXPECT_FALSE(is_local_refusal(error_kind::auth_failed));
}

TEST(result, fail_keeps_our_text_and_the_remote_text_apart) {
    const result<int> r = fail(error_kind::timeout, "no answer in time", "504 upstream");
    ASSERT_FALSE(r.has_value());
    EXPECT_EQ(r.error().kind, error_kind::timeout);
    EXPECT_EQ(r.error().message, "no answer in time");
    EXPECT_EQ(r.error().remote, "504 upstream");
    EXPECT_EQ(r.error().retry_after, std::nullopt);
    EXPECT_FALSE(r.error().maybe_sent);
}

}  // namespace
}  // namespace symphony
