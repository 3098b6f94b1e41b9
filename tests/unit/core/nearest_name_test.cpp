#include "symphony/core/nearest_name.hpp"

#include <gtest/gtest.h>

#include <array>

namespace symphony {
namespace {

TEST(nearest_name, counts_edits) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("abc", "abc"), 0u);
    EXPECT_EQ(edit_distance("abc", "ABC"), 0u);
    EXPECT_EQ(edit_distance("acb", "abc"), 1u);  // neighbours swapped
    EXPECT_EQ(edit_distance("abd", "abc"), 1u);
    EXPECT_EQ(edit_distance("ab", "abc"), 1u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(nearest_name, finds_what_was_meant_and_nothing_far) {
    constexpr std::array<std::string_view, 5> names{"url", "timeout", "rateLimit", "tls",
                                                    "maxRequestsPerSecond"};
    EXPECT_EQ(nearest_name("timeuot", names), "timeout");
    EXPECT_EQ(nearest_name("ratelimit", names), "rateLimit");
    EXPECT_EQ(nearest_name("rate_limit", names), "rateLimit");
    EXPECT_EQ(nearest_name("maxRequestsPerSecnd", names), "maxRequestsPerSecond");
    EXPECT_EQ(nearest_name("uri", names), "url");
    EXPECT_EQ(nearest_name("banana", names), "");
    EXPECT_EQ(nearest_name("x", names), "");
    EXPECT_EQ(nearest_name("", names), "");
    EXPECT_EQ(nearest_name(std::string(1000, 'u'), names), "");
}

TEST(nearest_name, knows_endpoints_by_their_tool) {
    constexpr std::array<std::string_view, 2> names{"orders.api", "billing.api"};
    EXPECT_EQ(nearest_name("ordres.api", names), "orders.api");
    EXPECT_EQ(nearest_name("orders.apy", names), "orders.api");
    EXPECT_EQ(nearest_name("something.else", names), "");
    EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(nearest_name, is_as_strict_as_the_names_are_short) {
    constexpr std::array<std::string_view, 6> names{"port", "man", "ca", "error", "warn", "name"};
    EXPECT_EQ(nearest_name("host", names), "");
    EXPECT_EQ(nearest_name("mcp", names), "");
    EXPECT_EQ(nearest_name("xx", names), "");
    EXPECT_EQ(nearest_name("cb", names), "");
    EXPECT_EQ(nearest_name("prot", names), "port");
    EXPECT_EQ(nearest_name("nmae", names), "name");
    EXPECT_EQ(nearest_name("err", names), "error");
    EXPECT_EQ(nearest_name("warning", names), "warn");
}

TEST(nearest_name, of_a_long_name_a_third_is_too_much) {
    constexpr std::array<std::string_view, 2> names{"maxRequestsPerSecond", "maxRequestsPerMinute"};
    EXPECT_EQ(nearest_name("max_requests_per_second", names), "maxRequestsPerSecond");
    EXPECT_EQ(nearest_name("maxRequestsPerHour", names), "");
    EXPECT_EQ(nearest_name("max", names), "");
}

TEST(nearest_name, no_number_is_a_misspelt_one) {
    constexpr std::array<std::string_view, 3> names{"1.2", "1.3", "auto"};
    EXPECT_EQ(nearest_name("1.0", names), "");
    EXPECT_EQ(nearest_name("1", names), "");
    EXPECT_EQ(nearest_name("atuo", names), "auto");
}

}  // namespace
}  // namespace symphony
