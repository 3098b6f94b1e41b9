#include "gateway/proxy_target.hpp"

#include <gtest/gtest.h>

namespace symphony::gateway {
namespace {

TEST(proxy_target, splits_tool_endpoint_path_and_query) {
    const auto target = parse_proxy_target("/demo/api/orders/42?a=1&b=/x");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->tool, "demo");
    EXPECT_EQ(target->endpoint, "api");
    EXPECT_EQ(target->path, "/orders/42");
    EXPECT_EQ(target->query, "a=1&b=/x");
}

TEST(proxy_target, needs_neither_path_nor_query) {
    const auto bare = parse_proxy_target("/demo/api");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->path, "");
    EXPECT_EQ(bare->query, "");
    const auto slash = parse_proxy_target("/demo/api/?q");
    ASSERT_TRUE(slash);
    EXPECT_EQ(slash->path, "/");
    EXPECT_EQ(slash->query, "q");
    const auto query = parse_proxy_target("/demo/api?q");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->endpoint, "api");
    EXPECT_EQ(query->query, "q");
}

TEST(proxy_target, keeps_the_path_as_it_was_written) {
    const auto target = parse_proxy_target("/t/e//a/%2e%2e/b%20c/..");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "//a/%2e%2e/b%20c/..");
}

TEST(proxy_target, takes_the_absolute_form_too) {
    const auto target = parse_proxy_target("http://127.0.0.1:8080/demo/api/x?y");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->tool, "demo");
    EXPECT_EQ(target->path, "/x");
    EXPECT_EQ(path_of("http://host:9090/healthz?x"), "/healthz");
    EXPECT_EQ(path_of("http://host:9090"), "/");
}

TEST(proxy_target, refuses_what_names_no_endpoint) {
    for (const char* text : {"/", "", "*", "/demo", "/demo/", "//api", "/demo?x=/api", "host:443"})
        EXPECT_FALSE(parse_proxy_target(text)) << text;
}

TEST(proxy_target, knows_the_tool_where_no_endpoint_is_named) {
    for (const char* text : {"/demo", "/demo/", "/demo?x=/api", "/demo/api/x", "http://a/demo"})
        EXPECT_EQ(tool_of(text), "demo") << text;
    for (const char* text : {"/", "", "*", "//api", "/?demo", "host:443", "http://a"})
        EXPECT_EQ(tool_of(text), "") << text;
}

}  // namespace
}  // namespace symphony::gateway
