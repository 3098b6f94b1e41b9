#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

// Resumption of TLS sessions. This nginx ends a connection with each answer.

namespace symphony::test_support {
namespace {

class resumed_sessions : public ::testing::Test {
protected:
    enum port : std::size_t { h1_1_3, h1_1_2, h1_1_2_ids, h2_1_3, h2_1_2, wanting, lasting };

    [[nodiscard]] std::string resuming(const char* listen, const char* more) const {
        return std::string("server { listen @LISTEN@ ") + listen + "; ssl_certificate " +
               files.certificate + "; ssl_certificate_key " + files.key +
               "; keepalive_timeout 0; ssl_session_cache shared:all:1m; " + more +
               " location / { return 200 \"$ssl_session_reused $ssl_protocol $server_protocol"
               " $ssl_client_s_dn\"; } }\n";
    }
    [[nodiscard]] tls_options trusting() const {
        tls_options tls;
        tls.ca = ca.file();
        return tls;
    }
    [[nodiscard]] std::shared_ptr<const net::destination> at(port which, const tls_options& tls) {
        return destination_at(server.port(which), tls, {}, {}, "https://localhost");
    }
    [[nodiscard]] std::string ask(const std::shared_ptr<const net::destination>& where) {
        const result<response> got = rig.get(where);
        return got ? got->body : got.error().message;
    }

    throwaway_ca ca;
    certificate_files files = ca.issue("DNS:localhost,DNS:other.test");
    nginx server{
        resuming("ssl", "ssl_protocols TLSv1.3;") + resuming("ssl", "ssl_protocols TLSv1.2;") +
        resuming("ssl", "ssl_protocols TLSv1.2; ssl_session_tickets off;") +
        resuming("ssl http2", "ssl_protocols TLSv1.3;") +
        resuming("ssl http2", "ssl_protocols TLSv1.2;") +
        resuming("ssl", ("ssl_protocols TLSv1.3; ssl_verify_client on; ssl_client_certificate " +
                         ca.file() + ";")
                            .c_str()) +
        resuming("ssl", "ssl_protocols TLSv1.3; ssl_session_timeout 7d;")};
    client_rig rig;
};

TEST_F(resumed_sessions, save_a_handshake_on_every_further_connection) {
    struct row {
        port which;
        const char* what;
    };
    for (const row& one : {row{h1_1_3, "TLSv1.3 HTTP/1.1 "}, row{h1_1_2, "TLSv1.2 HTTP/1.1 "},
                           row{h1_1_2_ids, "TLSv1.2 HTTP/1.1 "}, row{h2_1_3, "TLSv1.3 HTTP/2.0 "},
                           row{h2_1_2, "TLSv1.2 HTTP/2.0 "}}) {
        const auto where = at(one.which, trusting());
        EXPECT_EQ(ask(where), std::string(". ") + one.what);
        for (int again = 0; again < 4; ++again)
            EXPECT_EQ(ask(where), std::string("r ") + one.what);
        EXPECT_EQ(rig.client->look(*where).reused, 0U);
    }
}

TEST_F(resumed_sessions, are_of_one_identity_and_one_trust) {
    const certificate_files alice_files = ca.issue_client("alice");
    const certificate_files bob_files = ca.issue_client("bob");
    tls_options alice = trusting();
    alice.identity = {alice_files.certificate, secret(alice_files.key), {}};
    tls_options bob = trusting();
    bob.identity = {bob_files.certificate, secret(bob_files.key), {}};
    EXPECT_EQ(ask(at(wanting, alice)), ". TLSv1.3 HTTP/1.1 CN=alice");
    EXPECT_EQ(ask(at(wanting, alice)), "r TLSv1.3 HTTP/1.1 CN=alice");
    EXPECT_EQ(ask(at(wanting, bob)), ". TLSv1.3 HTTP/1.1 CN=bob");
    tls_options named = trusting();
    named.server_name = "other.test";
    EXPECT_EQ(ask(at(h1_1_2, trusting())).front(), '.');
    EXPECT_EQ(ask(at(h1_1_2, trusting())).front(), 'r');
    EXPECT_EQ(ask(at(h1_1_2, named)).front(), '.');
    EXPECT_TRUE(failed_as(rig.get(at(h1_1_2, {})), error_kind::tls_failed, false))
        << "who does not trust the server resumes nothing of who does";
}

// The key is the same, but what the CA file holds is not.
TEST_F(resumed_sessions, end_with_the_ca_that_vouched_for_them) {
    const std::string authorities = (server.root() / "ca.pem").string();
    write_file(authorities, content_of(ca.file()));
    tls_options tls;
    tls.ca = authorities;
    const auto where = at(h1_1_3, tls);
    EXPECT_EQ(ask(where).front(), '.');
    EXPECT_EQ(ask(where).front(), 'r');
    const throwaway_ca other;
    swap_file(authorities, content_of(other.file()));
    std::optional<result<response>> last;
    ASSERT_TRUE(rig.run_until([&] {
        last = rig.get(where);
        return !last->has_value();
    }));
    EXPECT_TRUE(failed_as(*last, error_kind::tls_failed, false));
}

// A resumed handshake shows no certificate: what was proven before must still hold.
TEST_F(resumed_sessions, end_with_the_certificate_of_the_server) {
    testing::manual_clock clock;
    clock.set_wall(rig.time.wall_now());
    client_rig later(nullptr, &clock);
    const auto where = at(lasting, trusting());
    EXPECT_EQ(later.get(where).value().body.front(), '.');
    clock.set_wall(rig.time.wall_now() + std::chrono::hours(12));
    EXPECT_EQ(later.get(where).value().body.front(), 'r');
    clock.set_wall(rig.time.wall_now() + std::chrono::hours(36));
    EXPECT_EQ(later.get(where).value().body.front(), '.');
}

TEST_F(resumed_sessions, are_forgotten_by_a_server_without_harm) {
    const auto where = at(h1_1_2_ids, trusting());
    EXPECT_EQ(ask(where).front(), '.');
    server.restart();
    EXPECT_EQ(ask(where).front(), '.');
    EXPECT_EQ(ask(where).front(), 'r');
}

}  // namespace
}  // namespace symphony::test_support
