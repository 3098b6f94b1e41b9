#include "tool/default_run.hpp"

#include <gmock/gmock.h>

namespace symphony::detail {
namespace {

using testing::HasSubstr;

std::shared_ptr<catalogue> two_apis() {
    tool_options made;
    made.name = "t";
    made.external_apis = {{"a", {.url = "http://x"}}, {"b", {.url = "http://y"}}};
    auto all = catalogue::make({made}, {});
    return all ? *all : nullptr;
}

TEST(read_params, takes_every_member) {
    const auto tools = two_apis();
    const auto got =
        read_params(*tools->find("t"), json::of({{"endpoint", "b"},
                                                 {"method", "PUT"},
                                                 {"path", "/p?x=1"},
                                                 {"query", json::of({{"a b", 1}, {"c", "ä&"}})},
                                                 {"headers", json::of({{"X-A", "1"}, {"X-N", 2}})},
                                                 {"body", json::of({{"k", true}})}}));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->endpoint, "b");
    EXPECT_EQ(got->what.method, "PUT");
    EXPECT_EQ(got->what.path, "/p");
    EXPECT_EQ(got->what.query, "x=1&a%20b=1&c=%C3%A4%26");
    EXPECT_EQ(got->what.fields.get("x-n"), "2");
    EXPECT_EQ(got->what.fields.get("content-type"), "application/json");
    EXPECT_EQ(got->what.body, R"({"k":true})");
}

TEST(read_params, a_body_means_post_and_text_goes_as_it_is) {
    const auto tools = two_apis();
    const auto got =
        read_params(*tools->find("t"), json::of({{"endpoint", "a"}, {"body", "plain"}}));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->what.method, "POST");
    EXPECT_EQ(got->what.body, "plain");
    EXPECT_FALSE(got->what.fields.contains("content-type"));
}

TEST(read_params, says_what_is_wrong) {
    const auto tools = two_apis();
    const auto fault = [&](json params) {
        const auto got = read_params(*tools->find("t"), std::move(params));
        return got ? std::string() : got.error().message;
    };
    EXPECT_THAT(fault({}), HasSubstr("a, b"));
    EXPECT_THAT(fault(json(1)), HasSubstr("object"));
    EXPECT_THAT(fault(json::of({{"endpoint", 1}})), HasSubstr("'endpoint'"));
    EXPECT_THAT(fault(json::of({{"endpoint", "a"}, {"path", 1}})), HasSubstr("'path'"));
    EXPECT_THAT(fault(json::of({{"endpoint", "a"}, {"method", ""}})), HasSubstr("'method'"));
    EXPECT_THAT(fault(json::of({{"endpoint", "a"}, {"query", 1}})), HasSubstr("'query'"));
    EXPECT_THAT(fault(json::of({{"endpoint", "a"}, {"headers", json::of({{"a b", "1"}})}})),
                HasSubstr("'headers'"));
    EXPECT_THAT(fault(json::of({{"url", "x"}})), HasSubstr("'url'"));
}

TEST(describe_answer, joins_fields_and_reads_json) {
    response answer;
    answer.status = 200;
    answer.fields = {{"X-A", "1"}, {"x-a", "2"}};
    answer.body = "[1]";
    EXPECT_EQ(describe_answer(answer).dump(),
              R"({"status":200,"headers":{"x-a":"1, 2"},"body":[1]})");
    answer.body = "no json";
    EXPECT_EQ(*describe_answer(answer)["body"].as_string(), "no json");
}

}  // namespace
}  // namespace symphony::detail
