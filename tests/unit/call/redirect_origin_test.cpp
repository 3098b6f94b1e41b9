#include "redirect_rig.hpp"

#include <gmock/gmock.h>

#include <string>

// Who is told what about the caller when an API redirects.

namespace symphony {
namespace {

using namespace call_testing;
using ::testing::HasSubstr;

class redirect_origin : public endpoint_redirect {};

TEST_F(redirect_origin, the_same_origin_sees_the_same_caller) {
    options.redirects.follow = redirect_policy::same_origin;
    options.auth = auth_options{.token = secret("t0p")};
    options.fields = {{"x-api-key", "k3y"}};
    clockwork.answer(redirect(302, "http://api.test:80/else"));
    request what("/here");
    what.fields = {{"cookie", "c=1"}};
    EXPECT_EQ(status_of(what), 200);
    ASSERT_EQ(count(), 2u);
    EXPECT_EQ(sent(1).where, sent(0).where);
    for (const char* name : {"authorization", "x-api-key", "cookie", "traceparent", "user-agent"})
        EXPECT_EQ(sent(1).fields.get_all(name), sent(0).fields.get_all(name)) << name;
}

TEST_F(redirect_origin, another_origin_has_to_be_allowed) {
    options.redirects.follow = redirect_policy::same_origin;
    for (const char* other : {"http://other.test/", "http://api.test:81/", "https://api.test/"}) {
        clockwork.answer(redirect(302, other));
        EXPECT_EQ(status_of(), 302);
    }
    EXPECT_EQ(count(), 3u);
    EXPECT_THAT(why_not(), HasSubstr("another origin"));
}

TEST_F(redirect_origin, another_origin_never_learns_who_calls) {
    options.auth = auth_options{.token = secret("t0p")};
    options.fields = {{"x-api-key", "k3y"}, {"accept", "text/plain"}, {"x-tenant", "blue"}};
    options.tls.server_name = "inner.test";
    request what("POST", "/here", "text");
    what.fields = {{"cookie", "c=1"},     {"x-token", "t"},       {"content-type", "text/plain"},
                   {"if-match", "\"1\""}, {"accept-secret", "s"}, {"proxy-authorization", "p"}};
    for (const char* other :
         {"http://other.test/x", "http://api.test:81/x", "https://api.test/x"}) {
        clockwork.answer(redirect(307, other));
        EXPECT_EQ(status_of(what), 200);
        const auto& seen = sent(count() - 1);
        EXPECT_EQ(last_url(), other);
        EXPECT_EQ(seen.body, "text");
        for (const char* name : {"authorization", "x-api-key", "x-tenant", "cookie", "x-token",
                                 "accept-secret", "proxy-authorization"})
            EXPECT_FALSE(seen.fields.contains(name)) << name;
        for (const char* name : {"accept", "content-type", "if-match", "traceparent", "user-agent"})
            EXPECT_TRUE(seen.fields.contains(name)) << name;
        EXPECT_EQ(seen.where->tls.server_name, "");
        EXPECT_FALSE(seen.where->tls.identity);
    }
}

TEST_F(redirect_origin, a_hop_within_another_origin_stays_there) {
    options.auth = auth_options{.token = secret("t0p")};
    clockwork.answer(redirect(302, "http://other.test/x"));
    clockwork.answer(redirect(302, "/y"));
    EXPECT_EQ(status_of(), 200);
    ASSERT_EQ(count(), 3u);
    EXPECT_EQ(last_url(), "http://other.test/y");
    EXPECT_FALSE(sent(2).fields.contains("authorization"));
}

TEST_F(redirect_origin, nor_does_the_way_back_bring_credentials) {
    options.url = "https://api.test/v2";
    options.auth = auth_options{.token = secret("t0p")};
    clockwork.answer(redirect(302, "https://other.test/x"));
    clockwork.answer(redirect(302, "https://api.test/v2/forged"));
    EXPECT_EQ(status_of(), 200);
    ASSERT_EQ(count(), 3u);
    EXPECT_TRUE(sent(0).fields.contains("authorization"));
    EXPECT_FALSE(sent(1).fields.contains("authorization"));
    EXPECT_FALSE(sent(2).fields.contains("authorization"));
    EXPECT_NE(sent(2).where, sent(0).where);
}

TEST_F(redirect_origin, the_socket_of_an_endpoint_is_for_its_own_origin) {
    options.http.unix_socket = "/run/api.sock";
    clockwork.answer(redirect(302, "http://other.test/x"));
    EXPECT_EQ(status_of(), 200);
    EXPECT_EQ(sent(0).where->http.unix_socket, "/run/api.sock");
    EXPECT_EQ(sent(1).where->http.unix_socket, "");
}

TEST_F(redirect_origin, another_origin_is_made_ready_once_and_few_are_kept) {
    for (int round = 0; round < 2; ++round) {
        clockwork.answer(redirect(302, "http://other.test/x"));
        EXPECT_EQ(status_of(), 200);
    }
    EXPECT_EQ(sent(1).where, sent(3).where);
    for (int i = 0; i < 40; ++i) {
        clockwork.answer(redirect(302, "http://other" + std::to_string(i) + ".test/x"));
        EXPECT_EQ(status_of(), 200);
    }
    clockwork.answer(redirect(302, "http://other.test/x"));
    EXPECT_EQ(status_of(), 200);
    EXPECT_NE(sent(count() - 1).where, sent(1).where);
}

}  // namespace
}  // namespace symphony
