#include "config/nearest_name.hpp"

#include <gtest/gtest.h>

#include <array>

namespace symphony::detail {
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

}  // namespace
}  // namespace symphony::detail
