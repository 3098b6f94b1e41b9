#include "symphony/net/proxy.hpp"

#include "symphony/net/transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace symphony::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

environment of(std::map<std::string, std::string, std::less<>> values) {
    return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::nullopt;
        return found->second;
    };
}

// "host:port" of the proxy on the way to `to`, "direct" or "error".
std::string way(std::string_view to, const proxy_options& options) {
    const auto chosen = proxy_for(*url::parse(to), options);
    if (!chosen) return "error";
    return *chosen ? (*chosen)->authority : "direct";
}

TEST(proxy, of_the_environment_goes_by_the_scheme) {
    const auto both = proxy_options::from(of({{"https_proxy", "http://a:1"},
                                              {"http_proxy", "b:2"},
                                              {"no_proxy", "x.test, 10.0.0.0/8"}}));
    EXPECT_EQ(way("https://api.test", both), "a:1");
    EXPECT_EQ(way("http://api.test", both), "b:2");
    EXPECT_EQ(way("https://x.test", both), "direct");
    EXPECT_EQ(way("http://10.1.1.1", both), "direct");
    EXPECT_EQ(way("https://api.test", proxy_options::from(of({{"HTTP_PROXY", "b:2"}}))), "direct");
    EXPECT_EQ(way("https://api.test", proxy_options::from(of({}))), "direct");
    EXPECT_EQ(way("https://api.test", proxy_options::from({})), "direct");
}

TEST(proxy, of_the_environment_is_read_in_small_letters_first) {
    const auto all = proxy_options::from(of({{"HTTPS_PROXY", "upper:1"},
                                             {"https_proxy", "lower:1"},
                                             {"HTTP_PROXY", "upper:2"},
                                             {"http_proxy", ""},
                                             {"NO_PROXY", "*"},
                                             {"no_proxy", "x.test"}}));
    EXPECT_EQ(way("https://api.test", all), "lower:1");
    EXPECT_EQ(way("http://api.test", all), "direct") << "set, to nothing";
    const auto upper =
        proxy_options::from(of({{"HTTPS_PROXY", "upper:1"}, {"NO_PROXY", "x.test"}}));
    EXPECT_EQ(way("https://api.test", upper), "upper:1");
    EXPECT_EQ(way("https://x.test", upper), "direct");
}

TEST(proxy, is_an_http_url_with_or_without_its_scheme) {
    const auto to = [](const char* given) {
        return way("https://api.test", proxy_options::to(secret(given)));
    };
    EXPECT_EQ(to("http://p"), "p:80");
    EXPECT_EQ(to("p:3128"), "p:3128");
    EXPECT_EQ(to("http://P.Test:3128/"), "p.test:3128");
    EXPECT_EQ(to("http://[::1]:3128"), "[::1]:3128");
    EXPECT_EQ(to("user:password@p:3128"), "p:3128");
    for (const char* const wrong :
         {"https://p", "socks5://p", "ws://p", "http://", "http://p/path", "http://p?query",
          "http://p:0", "http://p:99999", "http://p q", "://", "@", "http://u:a%0d%0ab@p"}) {
        EXPECT_EQ(to(wrong), "error") << wrong;
    }
}

TEST(proxy, credentials_are_in_no_message_and_no_key) {
    const auto base = *url::parse("https://api.test");
    for (const char* const wrong : {"https://ann:hunter2@p", "http://ann:hunter2@p/x",
                                    "http://ann:hunter2@p:x", "http://ann:hunter2%0a@p"}) {
        const auto problem = proxy_options::to(secret(wrong)).problem_for(base);
        ASSERT_TRUE(problem) << wrong;
        EXPECT_THAT(*problem, Not(HasSubstr("hunter2")));
        EXPECT_THAT(*problem, Not(HasSubstr("ann")));
    }
    const auto right = proxy_options::to(secret("http://ann:h%75nter2@p"));
    EXPECT_EQ(right.problem_for(base), std::nullopt);
    EXPECT_TRUE((*proxy_for(base, right))->authorization.equals("Basic YW5uOmh1bnRlcjI="));
    http_options http;
    http.proxy = right;
    const auto where = destination::make(base, {}, http);
    ASSERT_TRUE(where);
    EXPECT_THAT((*where)->key, HasSubstr("via p:80"));
    EXPECT_THAT((*where)->key, Not(HasSubstr("hunter2")));
    EXPECT_THAT((*where)->key, Not(HasSubstr("YW5u")));
}

TEST(proxy, options_are_the_same_when_all_of_them_are) {
    const auto one = proxy_options::to(secret("http://a:b@p"));
    EXPECT_EQ(one, proxy_options::to(secret("http://a:b@p")));
    EXPECT_NE(one, proxy_options::to(secret("http://a:c@p")));
    proxy_options other = one;
    other.except = "*";
    EXPECT_NE(one, other);
    EXPECT_EQ(proxy_options(), proxy_options::from({}));
}

TEST(proxy, an_unusable_one_is_no_destination) {
    http_options http;
    http.proxy.https = secret("socks5://p");
    const auto https = destination::make(*url::parse("https://api.test"), {}, http);
    ASSERT_FALSE(https);
    EXPECT_EQ(https.error().kind, error_kind::invalid_request);
    EXPECT_TRUE(destination::make(*url::parse("http://api.test"), {}, http)) << "it takes no proxy";
}

}  // namespace
}  // namespace symphony::net
