#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"
#include "support/tinyproxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace symphony::test_support {
namespace {

using enum error_kind;
using ::testing::HasSubstr;
using ::testing::Not;

// nginx says what it saw of a proxy: Via is the proxy's own, credentials must not get here.
class real_proxy : public ::testing::Test {
protected:
    enum port : std::size_t { plain, secured };

    static http_options through(const std::string& proxy, std::string except = {}) {
        http_options http;
        http.proxy = proxy_options::to(secret(proxy));
        http.proxy.except = std::move(except);
        return http;
    }
    [[nodiscard]] client_rig::target_ptr at(port which, const http_options& http) const {
        tls_options tls;
        tls.ca = ca.file();
        return destination_at(server.port(which), tls, http, {},
                              which == plain ? "http://localhost" : "https://localhost");
    }
    static std::string message_of(const result<response>& got) {
        return got ? "an answer" : got.error().message;
    }

    throwaway_ca ca;
    certificate_files identity = ca.issue("DNS:localhost");
    nginx server{
        "server { listen @LISTEN@; root @ROOT@; location = /seen { add_header x-seen "
        "\"$http_via|$http_proxy_authorization|$http_host|$request_uri\"; return 200 seen; } }\n"
        "server { listen @LISTEN@ ssl; root @ROOT@; location = /seen { add_header x-seen "
        "\"$http_via|$http_proxy_authorization|$http_host|$request_uri\"; return 200 seen; } "
        "ssl_certificate " +
        identity.certificate + "; ssl_certificate_key " + identity.key + "; }"};
    client_rig rig;
};

TEST_F(real_proxy, https_goes_through_a_tunnel_that_is_kept) {
    const tinyproxy proxy;
    const auto where = at(secured, through("http://" + proxy.authority()));
    for (int call = 0; call < 5; ++call) {
        const result<response> got = rig.get(where, "/seen");
        ASSERT_TRUE(answered(got));
        EXPECT_EQ(got->body, "seen");
        EXPECT_EQ(got->fields.get("x-seen"), "||" + where->authority + "|/seen")
            << "the proxy sees nothing of it";
    }
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
    EXPECT_EQ(rig.client->look(*where).reused, 4U);
}

TEST_F(real_proxy, http_goes_in_absolute_form) {
    const tinyproxy proxy;
    const auto where = at(plain, through(proxy.authority()));
    const result<response> got = rig.get(where, "/seen");
    ASSERT_TRUE(answered(got));
    const std::string seen(got->fields.get("x-seen").value_or(""));
    EXPECT_THAT(seen, HasSubstr("tinyproxy"));
    EXPECT_THAT(seen, HasSubstr("|" + where->authority + "|/seen"));
}

TEST_F(real_proxy, credentials_are_for_the_proxy_alone) {
    const tinyproxy proxy("BasicAuth ann pa55word");
    for (const port which : {plain, secured}) {
        const auto good = at(which, through("http://ann:pa%35%35word@" + proxy.authority()));
        const result<response> got = rig.get(good, "/seen");
        ASSERT_TRUE(answered(got)) << which;
        EXPECT_THAT(std::string(got->fields.get("x-seen").value_or("")), Not(HasSubstr("Basic")));

        const result<response> without =
            rig.get(at(which, through("http://" + proxy.authority())), "/seen");
        EXPECT_TRUE(failed_as(without, connect_failed, false));
        EXPECT_EQ(message_of(without), "the proxy " + proxy.authority() +
                                           " wants credentials (status 407), and there are none");

        const result<response> wrong =
            rig.get(at(which, through("http://ann:hunter2@" + proxy.authority())), "/seen");
        if (which == plain) {  // tinyproxy says 401, as the API might have
            EXPECT_TRUE(answered(wrong, 401));
            continue;
        }
        EXPECT_TRUE(failed_as(wrong, connect_failed, false));
        EXPECT_EQ(message_of(wrong), "the proxy " + proxy.authority() +
                                         " does not accept the credentials (status 401)");
    }
}

TEST_F(real_proxy, its_refusals_name_it_and_their_status) {
    const tinyproxy strict("ConnectPort 1");
    const auto where = at(secured, through("http://" + strict.authority()));
    const result<response> got = rig.get(where, "/seen");
    EXPECT_TRUE(failed_as(got, connect_failed, false));
    EXPECT_EQ(message_of(got), "the proxy " + strict.authority() + " did not connect to " +
                                   where->authority + ": status 403");

    const tinyproxy open;
    const auto nowhere =
        destination_at(1, {}, through("http://" + open.authority()), {}, "https://localhost");
    const result<response> unreachable = rig.get(nowhere);
    EXPECT_TRUE(failed_as(unreachable, connect_failed, false));
    EXPECT_THAT(message_of(unreachable), HasSubstr("did not connect to localhost:1: status 5"));
    EXPECT_EQ(rig.client->look(*nowhere).busy, 0U);
}

TEST_F(real_proxy, exceptions_are_reached_directly) {
    const auto where = at(plain, through("http://127.0.0.1:1", "other.test, localhost"));
    const result<response> got = rig.get(where, "/seen");
    ASSERT_TRUE(answered(got));
    EXPECT_THAT(std::string(got->fields.get("x-seen").value_or("")), Not(HasSubstr("tinyproxy")));
    const auto proxied = at(plain, through("http://127.0.0.1:1", "other.test"));
    const result<response> failed = rig.get(proxied, "/seen");
    EXPECT_TRUE(failed_as(failed, connect_failed, false));
    EXPECT_THAT(message_of(failed), HasSubstr("no connection to the proxy 127.0.0.1:1"));
}

TEST_F(real_proxy, connections_are_shared_by_those_only_who_go_the_same_way) {
    const tinyproxy one;
    const tinyproxy other;
    const client_rig::target_ptr ways[]{at(secured, through("http://" + one.authority())),
                                        at(secured, through("http://ann:a@" + one.authority())),
                                        at(secured, through("http://ann:b@" + one.authority())),
                                        at(secured, through("http://" + other.authority())),
                                        at(secured, {})};
    for (const auto& way : ways) {
        EXPECT_EQ(rig.client->look(*way).opened, 0U);
        EXPECT_THAT(way->key, Not(HasSubstr("ann")));
        ASSERT_TRUE(answered(rig.get(way, "/seen")));
        EXPECT_EQ(rig.client->look(*way).opened, 1U);
    }
    const auto same = at(secured, through(one.authority()));
    ASSERT_TRUE(answered(rig.get(same, "/seen")));
    EXPECT_EQ(rig.client->look(*same).opened, 1U) << "the same way, written otherwise";
}

}  // namespace
}  // namespace symphony::test_support
