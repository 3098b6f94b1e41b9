#include "cli/call_target.hpp"

#include "cli/exit_code.hpp"

#include <gtest/gtest.h>

namespace symphony::cli {
namespace {

TEST(call_target, splits_at_the_first_dot) {
    const auto target = parse_call_target("orders.api/v1/a.b?x=1");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->tool, "orders");
    EXPECT_EQ(target->endpoint, "api");
    EXPECT_EQ(target->path_and_query, "/v1/a.b?x=1");
    EXPECT_EQ(parse_call_target("orders.api")->path_and_query, "");
    EXPECT_EQ(parse_call_target("orders.api?x=.")->path_and_query, "?x=.");
}

TEST(call_target, refuses_what_names_no_endpoint) {
    for (const char* text : {"", "orders", "orders/api.x", ".api", "orders.", "orders./x", "?a.b"})
        EXPECT_FALSE(parse_call_target(text)) << text;
}

TEST(exit_code, follows_the_contract) {
    EXPECT_EQ(exit_code_of(200), 0);
    EXPECT_EQ(exit_code_of(304), 0);
    EXPECT_EQ(exit_code_of(400), 1);
    EXPECT_EQ(exit_code_of(503), 1);
    EXPECT_EQ(exit_code_of(error_kind::not_found), 2);
    for (const auto kind :
         {error_kind::rate_limited, error_kind::circuit_open, error_kind::overloaded,
          error_kind::store_unavailable, error_kind::invalid_request})
        EXPECT_EQ(exit_code_of(kind), 3) << to_string(kind);
    for (const auto kind :
         {error_kind::timeout, error_kind::dns_failed, error_kind::connect_failed,
          error_kind::tls_failed, error_kind::connection_lost, error_kind::protocol_error,
          error_kind::response_too_large, error_kind::invalid_response, error_kind::auth_failed,
          error_kind::internal})
        EXPECT_EQ(exit_code_of(kind), 4) << to_string(kind);
    EXPECT_EQ(exit_code_of(error_kind::cancelled), 130);
}

}  // namespace
}  // namespace symphony::cli
