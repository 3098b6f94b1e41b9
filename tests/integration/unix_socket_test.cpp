#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace symphony::test_support {
namespace {

class unix_socket : public ::testing::Test {
protected:
    std::string path(const char* name) const { return (server.root() / name).string(); }
    std::shared_ptr<const net::destination> by(const char* name, const std::string& base,
                                               const tls_options& tls = {}) {
        http_options http;
        http.unix_socket = path(name);
        return destination_at(80, tls, http, {}, base);
    }

    throwaway_ca ca;
    certificate_files files = ca.issue("DNS:api.test");
    nginx server{fmt::format(R"(server {{
        listen @LISTEN@;
        listen unix:@ROOT@/plain.sock;
        location = /host {{ add_header x-host "$http_host|$server_port"; return 200; }}
        location = /up {{ client_max_body_size 8m; root @ROOT@; dav_methods PUT; }}
    }}
    server {{
        listen unix:@ROOT@/secured.sock ssl;
        ssl_certificate {};
        ssl_certificate_key {};
        location / {{ return 204; }}
    }})",
                             files.certificate, files.key)};
    client_rig rig;
};

TEST_F(unix_socket, takes_the_place_of_host_and_port) {
    const auto where = by("plain.sock", "http://orders.internal");
    for (int call = 0; call < 3; ++call) {
        const result<response> got = rig.get(where, "/host");
        ASSERT_TRUE(answered(got));
        EXPECT_EQ(got->fields.get("x-host"), "orders.internal|");
    }
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(unix_socket, carries_large_bodies) {
    outgoing put;
    put.method = "PUT";
    put.target = "/up";
    put.body.assign(4'000'000, 'x');
    const result<response> got = rig.send(by("plain.sock", "http://a"), std::move(put));
    EXPECT_TRUE(answered(got, 201));
}

TEST_F(unix_socket, carries_tls_with_the_name_of_the_url) {
    tls_options tls;
    tls.ca = ca.file();
    EXPECT_EQ(rig.get(by("secured.sock", "https://api.test", tls))->status, 204);
    const auto other = rig.get(by("secured.sock", "https://other.test", tls));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, error_kind::tls_failed);
}

TEST_F(unix_socket, nobody_there_is_a_failed_connection_that_names_it) {
    const auto got = rig.get(by("nobody.sock", "http://a"));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::connect_failed);
    EXPECT_NE(got.error().message.find("nobody.sock"), std::string::npos) << got.error().message;
}

TEST_F(unix_socket, another_path_is_another_pool) {
    EXPECT_NE(by("plain.sock", "http://a")->key, by("nobody.sock", "http://a")->key);
    http_options http;
    http.unix_socket.assign(108, 'x');
    const auto too_long = net::destination::make(*url::parse("http://a"), {}, http);
    ASSERT_FALSE(too_long);
    EXPECT_EQ(too_long.error().kind, error_kind::invalid_request);
}

}  // namespace
}  // namespace symphony::test_support
