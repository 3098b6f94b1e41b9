#include "symphony/core/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony {
namespace {

std::string join(const char* base, std::string_view path, std::string_view query = "") {
    const auto target = join_target(*url::parse(base), path, query);
    if (!target) return "refused: " + std::string(to_string(target.error().kind));
    return *target;
}

const std::string refused = "refused: invalid_request";

TEST(join_target, is_the_configured_path_without_its_trailing_slash_plus_the_callers) {
    EXPECT_EQ(join("https://x/v2", "/orders/42"), "/v2/orders/42");
    EXPECT_EQ(join("https://x/v2/", "/orders/42"), "/v2/orders/42");
    EXPECT_EQ(join("https://x/v2", "orders/42"), "/v2/orders/42");
    EXPECT_EQ(join("https://x", "orders"), "/orders");
    EXPECT_EQ(join("https://x/v2", ""), "/v2");
    EXPECT_EQ(join("https://x/v2/", ""), "/v2");
    EXPECT_EQ(join("https://x/v2", "/"), "/v2/");
    EXPECT_EQ(join("https://x", ""), "/");
    EXPECT_EQ(join("https://x", "/"), "/");
}

TEST(join_target, queries_are_merged_the_configured_one_first) {
    EXPECT_EQ(join("https://x/v2?key=1", "a", "b=2"), "/v2/a?key=1&b=2");
    EXPECT_EQ(join("https://x/v2?key=1", "a"), "/v2/a?key=1");
    EXPECT_EQ(join("https://x/v2", "a", "b=2"), "/v2/a?b=2");
    EXPECT_EQ(join("https://x/v2?", "a", "b=2"), "/v2/a?b=2");
    EXPECT_EQ(join("https://x/v2?key=1", "a?p=3", "b=2"), "/v2/a?key=1&p=3&b=2");
}

TEST(join_target, a_path_that_climbs_above_the_configured_one_is_refused) {
    const char* climbing[] = {
        "..", "../", "/..", "/../x", "a/../..", "a/../../x", "./../x", "a/./../../x",
        // encoded dots
        "%2e%2e", "%2E%2e/x", ".%2e/x", "%2e./x", "a/%2e%2e/%2E%2E/x",
        // slashes that a server may decode, and those that it may not
        "..%2fx", "%2e%2e%2fx", "a%2f..%2f..", "a%2fb/../../x", "..%5cx", "%2e%2e%5C",
        // servers that merge slashes, and those that cut path parameters
        "a//../../x", "//../x", "..;/x", "a/..;v=1/../x", "%2e%2e;/x"};
    for (const char* path : climbing)
        EXPECT_EQ(join("https://x/v2", path), refused) << path;
}

TEST(join_target, dots_that_do_not_climb_stay_as_written) {
    for (const char* path :
         {"/a/../b", "/a/./b", "/a/%2e%2e/b", "/...", "/a..b/..c/d..", "/.well-known",
          "/%252e%252e/x", "/%25252e%25252e", "/a/b/../../c", "/;x=1/a"}) {
        EXPECT_EQ(join("https://x/v2", path), std::string("/v2") + path);
    }
}

TEST(join_target, reserved_bytes_and_encodings_stay_as_the_caller_wrote_them) {
    EXPECT_EQ(join("https://x/v2", "/a%2Fb%2fc/d:e@f!$&'()*+,;=", "q=%20+&r[]={a|b}\"%"),
              "/v2/a%2Fb%2fc/d:e@f!$&'()*+,;=?q=%20+&r[]={a|b}\"%");
}

TEST(join_target, bytes_outside_ascii_are_encoded) {
    EXPECT_EQ(join("https://x/v2", "/k\xC3\xA4se", "q=\xFF"), "/v2/k%C3%A4se?q=%FF");
}

TEST(join_target, what_would_break_the_request_line_is_refused) {
    for (const char* text : {"a b", "a\nb", "a\r\nHost: evil", "a\tb", "a#b", "a\x7F"}) {
        EXPECT_EQ(join("https://x/v2", text), refused) << text;
        EXPECT_EQ(join("https://x/v2", "ok", text), refused) << text;
    }
    EXPECT_EQ(join("https://x/v2", std::string_view("a\0b", 3)), refused);
    EXPECT_EQ(join("https://x/v2", "a\\b"), refused);
    EXPECT_EQ(join("https://x/v2", "..\\..\\x"), refused);
    EXPECT_EQ(join("https://x/v2", "100%"), refused);
    EXPECT_EQ(join("https://x/v2", "%2"), refused);
    EXPECT_EQ(join("https://x/v2", "%zz"), refused);
}

TEST(join_target, is_bounded) {
    EXPECT_EQ(join("https://x/v2", std::string(65'536, 'a')).size(), 65'536u + 4);
    EXPECT_EQ(join("https://x/v2", std::string(65'536, 'a'), "b"), refused);
}

TEST(join_target, messages_never_repeat_what_was_refused) {
    const auto target = join_target(*url::parse("https://x/v2"), "hunter2/../..", "");
    EXPECT_EQ(target.error().message.find("hunter2"), std::string::npos);
}

TEST(join_target, what_is_a_target_as_it_stands_is_what_it_would_give) {
    for (const char* base : {"http://h", "http://h/", "http://h/a", "http://h/?q", "http://h?q"}) {
        for (const char* path : {"", "/", "/orders/42", "orders", "//x", "/a/../b", "/..", "/a.b",
                                 "/a b", "/%2e%2e", "/a?b", "/a#", "/\xc3\xa4"}) {
            for (const char* query : {"", "q=1"}) {
                const url parsed = *url::parse(base);
                if (!is_target_of(parsed, path, query)) continue;
                EXPECT_EQ(join_target(parsed, path, query).value_or("-"), path) << base;
            }
        }
    }
    const url plain = *url::parse("http://h");
    EXPECT_TRUE(is_target_of(plain, "/orders/42", ""));
    EXPECT_FALSE(is_target_of(plain, "/orders", "q"));
    EXPECT_FALSE(is_target_of(plain, "/" + std::string(70'000, 'a'), ""));
}

}  // namespace
}  // namespace symphony
