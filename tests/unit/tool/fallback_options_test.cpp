#include "symphony/tool/fallback_options.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

// "a.e>b c.e" is an API `e` of tool `a` with the fallback `b`, and an API `e` of tool `c`.
std::vector<tool_options> tools_of(const std::vector<std::pair<endpoint_name, std::string>>& all) {
    std::vector<tool_options> tools;
    for (const auto& [name, fallback] : all) {
        if (tools.empty() || tools.back().name != name.tool) tools.push_back({.name = name.tool});
        named_endpoint api{name.endpoint, {}};
        api.options.fallback = fallback;
        tools.back().external_apis.push_back(std::move(api));
    }
    return tools;
}

std::vector<std::string> messages(const std::vector<tool_options>& tools) {
    std::vector<std::string> found;
    for (const fallback_fault& fault : fallback_faults(tools))
        found.push_back(fault.at.text() + ": " + fault.message);
    return found;
}

TEST(fallback_options, a_tool_means_its_api_of_the_same_name_else_its_only_one) {
    const auto tools = tools_of({{{"many", "x"}, ""}, {{"many", "y"}, ""}, {{"one", "z"}, ""}});
    EXPECT_EQ(find_fallback(tools, "x", "many"), (endpoint_name{"many", "x"}));
    EXPECT_EQ(find_fallback(tools, "x", "many.y"), (endpoint_name{"many", "y"}));
    EXPECT_EQ(find_fallback(tools, "x", "one"), (endpoint_name{"one", "z"}));
    EXPECT_FALSE(find_fallback(tools, "q", "many"));
    EXPECT_FALSE(find_fallback(tools, "q", "many.q"));
    EXPECT_FALSE(find_fallback(tools, "q", "none"));
    EXPECT_FALSE(find_fallback(tools, "q", ""));
}

TEST(fallback_options, circles_are_told_once_each) {
    EXPECT_TRUE(
        messages(tools_of({{{"a", "e"}, "b"}, {{"b", "e"}, "c"}, {{"c", "e"}, ""}})).empty());
    EXPECT_EQ(messages(tools_of({{{"a", "e"}, "a"}})),
              (std::vector<std::string>{"a.e: the fallbacks go round in a circle: a.e -> a.e"}));
    EXPECT_EQ(
        messages(
            tools_of({{{"a", "e"}, "b"}, {{"b", "e"}, "a"}, {{"c", "e"}, "a"}, {{"d", "e"}, "d"}})),
        (std::vector<std::string>{"a.e: the fallbacks go round in a circle: a.e -> b.e -> a.e",
                                  "d.e: the fallbacks go round in a circle: d.e -> d.e"}));
}

TEST(fallback_options, all_that_is_wrong_is_told) {
    EXPECT_EQ(
        messages(tools_of({{{"a", "e"}, "x"}, {{"a", "f"}, "a.g"}, {{"b", "e"}, "b"}})).size(), 3u);
}

}  // namespace
}  // namespace symphony
