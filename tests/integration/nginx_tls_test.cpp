#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace symphony::test_support {
namespace {

using ::testing::HasSubstr;

std::string tls_server(const certificate_files& identity, const std::string& more = {}) {
    return "server { listen @LISTEN@ ssl; root @ROOT@; ssl_certificate " + identity.certificate +
           "; ssl_certificate_key " + identity.key + "; " + more + " }\n";
}

class nginx_tls : public ::testing::Test {
protected:
    enum port : std::size_t { good, expired, not_yet, other_name, only_1_3, only_1_2 };

    [[nodiscard]] tls_options trusting() const {
        tls_options tls;
        tls.ca = ca.file();
        return tls;
    }
    [[nodiscard]] std::shared_ptr<const net::destination> at(port which, const tls_options& tls) {
        return destination_at(server.port(which), tls, {}, {}, "https://localhost");
    }

    throwaway_ca ca;
    nginx server{tls_server(ca.issue("DNS:localhost,IP:127.0.0.1"),
                            "ssl_protocols TLSv1.2 TLSv1.3; location /up/ { dav_methods PUT; "
                            "create_full_put_path on; } "
                            "location = /name { return 200 $ssl_server_name; }") +
                 tls_server(ca.issue("DNS:localhost", {.from = -9, .to = -2})) +
                 tls_server(ca.issue("DNS:localhost", {.from = 2, .to = 9})) +
                 tls_server(ca.issue("DNS:other.test")) +
                 tls_server(ca.issue("DNS:localhost"), "ssl_protocols TLSv1.3;") +
                 tls_server(ca.issue("DNS:localhost"), "ssl_protocols TLSv1.2;")};
    client_rig rig;
};

TEST_F(nginx_tls, calls_over_one_verified_connection) {
    server.add_file("small", "content");
    const auto where = at(good, trusting());
    for (int call = 0; call < 10; ++call) {
        const result<response> got = rig.get(where, "/small");
        ASSERT_TRUE(answered(got));
        EXPECT_EQ(got->body, "content");
    }
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
    EXPECT_EQ(rig.client->look(*where).reused, 9U);
}

TEST_F(nginx_tls, carries_large_bodies_both_ways) {
    std::string large;
    for (int part = 0; large.size() < (std::size_t{8} << 20); ++part)
        large += std::to_string(part) + ",";
    const auto where = at(good, trusting());
    outgoing put;
    put.method = "PUT";
    put.target = "/up/large";
    put.body = large;
    ASSERT_TRUE(answered(rig.send(where, std::move(put)), 201));
    const result<response> got = rig.get(where, "/up/large");
    ASSERT_TRUE(answered(got));
    EXPECT_TRUE(got->body == large) << got->body.size() << " bytes";
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(nginx_tls, verifies_an_address_as_well_as_a_name) {
    server.add_file("small", "content");
    const auto where = destination_at(server.port(good), trusting(), {}, {}, "https://127.0.0.1");
    EXPECT_TRUE(answered(rig.get(where, "/small")));
    // This one's certificate names no address.
    const auto named_only =
        destination_at(server.port(only_1_3), trusting(), {}, {}, "https://127.0.0.1");
    EXPECT_TRUE(failed_as(rig.get(named_only), error_kind::tls_failed, false));
}

TEST_F(nginx_tls, verifies_the_name_it_was_given_instead_of_the_host) {
    tls_options tls = trusting();
    tls.server_name = "other.test";
    EXPECT_TRUE(answered(rig.get(at(other_name, tls)), 403));  // no index, but nginx's word
    tls.server_name = "localhost";
    const result<response> sni = rig.get(at(good, tls), "/name");
    ASSERT_TRUE(answered(sni));
    EXPECT_EQ(sni->body, "localhost");
}

TEST_F(nginx_tls, refuses_a_certificate_that_does_not_prove_the_server) {
    struct row {
        const char* what;
        port which;
        bool trusted;
        const char* word;
    };
    for (const row& one :
         {row{"unknown CA", good, false, "give its CA as tls.ca"},
          row{"wrong name", other_name, true, "a certificate for other.test ("},
          row{"expired", expired, true, "the certificate of localhost expired on 20"},
          row{"not valid yet", not_yet, true, "not yet valid: it begins on 20"}}) {
        SCOPED_TRACE(one.what);
        const auto where = at(one.which, one.trusted ? trusting() : tls_options());
        const result<response> got = rig.get(where);
        ASSERT_TRUE(failed_as(got, error_kind::tls_failed, false));
        EXPECT_THAT(got.error().message, HasSubstr(one.word));
        EXPECT_EQ(rig.client->look(*where).idle, 0U);
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
    }
}

TEST_F(nginx_tls, agrees_on_a_version_or_refuses) {
    tls_options modern = trusting();
    modern.min_version = "1.3";
    EXPECT_TRUE(answered(rig.get(at(only_1_3, trusting())), 403));
    EXPECT_TRUE(answered(rig.get(at(only_1_2, trusting())), 403));
    EXPECT_TRUE(answered(rig.get(at(only_1_3, modern)), 403));
    EXPECT_TRUE(failed_as(rig.get(at(only_1_2, modern)), error_kind::tls_failed, false));
}

TEST_F(nginx_tls, a_connection_is_shared_only_between_equal_identities) {
    server.add_file("small", "content");
    tls_options modern = trusting();
    modern.min_version = "1.3";
    ASSERT_TRUE(answered(rig.get(at(good, trusting()), "/small")));
    ASSERT_TRUE(answered(rig.get(at(good, modern), "/small")));
    EXPECT_EQ(rig.client->look(*at(good, trusting())).opened, 1U);
    EXPECT_EQ(rig.client->look(*at(good, modern)).opened, 1U);
    EXPECT_TRUE(failed_as(rig.get(at(good, {})), error_kind::tls_failed, false))
        << "who trusts nobody must not get a connection of one who does";
}

TEST_F(nginx_tls, plain_and_tls_do_not_mix) {
    const auto plain = destination_at(server.port(good), {}, {}, {}, "http://localhost");
    EXPECT_TRUE(answered(rig.get(plain), 400));  // nginx says so in plain HTTP
    const nginx unsecured("server { listen @LISTEN@; return 204; }");
    const auto secured = destination_at(unsecured.port(), trusting(), {}, {}, "https://localhost");
    EXPECT_TRUE(failed_as(rig.get(secured), error_kind::tls_failed, false));
}

TEST_F(nginx_tls, a_ca_file_that_is_none_is_an_error_at_once) {
    tls_options tls;
    tls.ca = (server.root() / "missing.pem").string();
    const auto made = net::destination::make(url::parse("https://localhost").value(), tls);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, error_kind::tls_failed);
    EXPECT_THAT(made.error().message, HasSubstr("missing.pem"));
}

}  // namespace
}  // namespace symphony::test_support
