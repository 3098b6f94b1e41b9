#include "symphony/core/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony {
namespace {

TEST(url, is_split_into_its_parts) {
    const auto parsed = url::parse("HTTPS://user:pa%40ss@API.Example.com:8443/v2/x%20y?a=b&c");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->scheme, "https");
    EXPECT_EQ(parsed->host, "api.example.com");
    EXPECT_EQ(parsed->port, 8443);
    EXPECT_EQ(parsed->path, "/v2/x%20y") << "as given";
    EXPECT_EQ(parsed->query, "a=b&c");
    EXPECT_TRUE(parsed->has_query);
    EXPECT_EQ(parsed->user_info.reveal(), "user:pa@ss");
    EXPECT_TRUE(parsed->is_tls());
    EXPECT_FALSE(parsed->is_websocket());
}

TEST(url, the_port_defaults_by_scheme) {
    EXPECT_EQ(url::parse("http://x")->port, 80);
    EXPECT_EQ(url::parse("ws://x")->port, 80);
    EXPECT_EQ(url::parse("https://x:")->port, 443);
    EXPECT_EQ(url::parse("wss://x")->port, 443);
    EXPECT_TRUE(url::parse("wss://x")->is_websocket());
}

TEST(url, the_path_is_at_least_a_slash) {
    EXPECT_EQ(url::parse("http://x")->path, "/");
    EXPECT_EQ(url::parse("http://x?q")->path, "/");
    EXPECT_FALSE(url::parse("http://x")->has_query);
    EXPECT_TRUE(url::parse("http://x?")->has_query);
}

TEST(url, an_ipv6_address_stands_without_its_brackets) {
    const auto parsed = url::parse("http://[2001:DB8::1]:81/p");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->host, "2001:db8::1");
    EXPECT_EQ(parsed->origin(), "http://[2001:db8::1]:81");
    EXPECT_EQ(parsed->display(), "http://[2001:db8::1]:81/p");
}

TEST(url, display_shows_neither_user_info_nor_query) {
    const auto parsed = url::parse("https://user:pass@x/v2?token=abc");
    EXPECT_EQ(parsed->display(), "https://x/v2");
    EXPECT_EQ(parsed->origin(), "https://x:443");
}

TEST(url, what_is_not_an_absolute_url_of_ours_is_refused) {
    const char* wrong[] = {"",
                           "/path",
                           "//x/y",
                           "x",
                           "x.example.com/v2",
                           "ftp://x/",
                           "file:///etc/passwd",
                           "javascript:alert(1)",
                           "http:",
                           "http://",
                           "http:///path",
                           "http://x:0/",
                           "http://x:65536/",
                           "http://x:99999999999/",
                           "http://x:80a/",
                           "http://x:b/",
                           "http://x/#part",
                           "http://x/a b",
                           "http://x/\n",
                           "http://x/\x7F",
                           "http://x/\x80",
                           "http://x\\y/",
                           "http://exa%6Dple.com/",
                           "http://.x/",
                           "http://a..b/",
                           "http://a,b/",
                           "http://[::1/",
                           "http://[v1.x]/",
                           "http://[::1%25eth0]/",
                           "http://x/%zz",
                           "http://x/%2",
                           "http://u%3Aser:p@x/",
                           "http://u:p%0a@x/"};
    for (const char* text : wrong) {
        const auto parsed = url::parse(text);
        ASSERT_FALSE(parsed.has_value()) << text;
        EXPECT_EQ(parsed.error().kind, error_kind::invalid_request);
    }
    EXPECT_FALSE(url::parse(std::string_view("http://x/\0", 10)).has_value());
    EXPECT_FALSE(url::parse("http://" + std::string(254, 'a') + "/").has_value());
    EXPECT_TRUE(url::parse("http://" + std::string(253, 'a') + "/").has_value());
}

TEST(url, text_longer_than_64_kib_is_refused) {
    const std::string start = "http://x/";
    EXPECT_TRUE(url::parse(start + std::string(65'536 - start.size(), 'a')).has_value());
    EXPECT_FALSE(url::parse(start + std::string(65'537 - start.size(), 'a')).has_value());
}

TEST(url, messages_never_repeat_user_info_or_query) {
    for (const char* text : {"ftp://hunter2:hunter2@x/?hunter2", "http://hunter2@x:0/?hunter2",
                             "http://hunter2@/?hunter2", "http://hunter2:%0a@x/",
                             "http://hunter2@x/?hunter2#hunter2", "hunter2"}) {
        const auto parsed = url::parse(text);
        ASSERT_FALSE(parsed.has_value()) << text;
        EXPECT_EQ(parsed.error().message.find("hunter2"), std::string::npos);
        EXPECT_EQ(parsed.error().remote.find("hunter2"), std::string::npos);
    }
}

TEST(url, loopback_and_odd_but_valid_hosts_pass) {
    for (const char* text : {"http://127.0.0.1:8080/", "http://localhost/", "http://my_service:1/",
                             "http://a-b.c.d./", "http://xn--bcher-kva.example/"}) {
        EXPECT_TRUE(url::parse(text).has_value()) << text;
    }
}

TEST(url, authority_has_no_default_port_and_brackets_around_ipv6) {
    EXPECT_EQ(url::parse("http://user:pw@Example.com/a")->authority(), "example.com");
    EXPECT_EQ(url::parse("https://example.com:443/")->authority(), "example.com");
    EXPECT_EQ(url::parse("http://example.com:443/")->authority(), "example.com:443");
    EXPECT_EQ(url::parse("http://[::1]:8080/")->authority(), "[::1]:8080");
}

}  // namespace
}  // namespace symphony
