#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony::test_support {
namespace {

TEST(nginx_lifetime, a_restart_between_calls_is_no_error) {
    nginx server("server { listen @LISTEN@; location / { return 204; } }");
    client_rig rig;
    const auto where = destination_at(server.port());
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(answered(rig.get(where), 204));
        server.restart();  // the client's loop does not run meanwhile: it has seen nothing yet
    }
    EXPECT_TRUE(answered(rig.get(where), 204));
    EXPECT_EQ(rig.client->look(*where).opened, 4U);
}

TEST(nginx_lifetime, a_restart_between_calls_over_tls_is_no_error) {
    throwaway_ca ca;
    const certificate_files identity = ca.issue("DNS:localhost");
    nginx server("server { listen @LISTEN@ ssl; ssl_certificate " + identity.certificate +
                 "; ssl_certificate_key " + identity.key + "; location / { return 204; } }");
    tls_options tls;
    tls.ca = ca.file();
    client_rig rig;
    const auto where = destination_at(server.port(), tls, {}, {}, "https://localhost");
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(answered(rig.get(where), 204)) << round;
        server.restart();
    }
    EXPECT_TRUE(answered(rig.get(where), 204));
}

TEST(nginx_lifetime, a_server_that_says_close_is_believed) {
    nginx server("server { listen @LISTEN@; keepalive_timeout 0; location / { return 204; } }");
    client_rig rig;
    const auto where = destination_at(server.port());
    for (int call = 0; call < 5; ++call)
        ASSERT_TRUE(answered(rig.get(where), 204));
    const auto seen = rig.client->look(*where);
    EXPECT_EQ(seen.opened, 5U);
    EXPECT_EQ(seen.reused, 0U);
    EXPECT_EQ(seen.idle, 0U);
}

TEST(nginx_lifetime, a_connection_ends_after_the_requests_it_was_good_for) {
    nginx server("server { listen @LISTEN@; keepalive_requests 3; location / { return 204; } }");
    client_rig rig;
    const auto where = destination_at(server.port());
    for (int call = 0; call < 9; ++call)
        ASSERT_TRUE(answered(rig.get(where), 204));
    EXPECT_EQ(rig.client->look(*where).opened, 3U);
}

// The server closes a millisecond after each answer, and the calls come at about that time. A
// request that met the closing may be lost, but it is never said to be unsent, and never answered
// by anything else.
TEST(nginx_lifetime, calls_race_with_a_server_that_closes_at_once) {
    nginx server("server { listen @LISTEN@; keepalive_timeout 1ms; location / { return 204; } }");
    client_rig rig;
    const auto where = destination_at(server.port());
    int lost = 0;
    for (int call = 0; call < 300; ++call) {
        const result<response> got = rig.get(where);
        if (!got) {
            ASSERT_TRUE(failed_as(got, error_kind::connection_lost, true)) << call;
            ++lost;
        } else {
            ASSERT_TRUE(answered(got, 204)) << call;
        }
        const instant end = rig.real_time.now() + std::chrono::microseconds(500 + call % 20 * 50);
        while (rig.real_time.now() < end) {
            rig.loop.restart();
            rig.loop.poll();
        }
    }
    EXPECT_LE(lost, 30) << "the window for this is a fraction of a millisecond";
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
}

TEST(nginx_lifetime, an_idle_connection_is_closed_in_time) {
    nginx server("server { listen @LISTEN@; location / { return 204; } }");
    client_rig rig;
    http_options http;
    http.idle_timeout = std::chrono::milliseconds(50);
    const auto where = destination_at(server.port(), {}, http);
    ASSERT_TRUE(answered(rig.get(where), 204));
    EXPECT_EQ(rig.client->look(*where).idle, 1U);
    EXPECT_TRUE(rig.run_until([&] { return rig.client->look(*where).idle == 0; }));
    ASSERT_TRUE(answered(rig.get(where), 204));
    EXPECT_EQ(rig.client->look(*where).opened, 2U);
}

}  // namespace
}  // namespace symphony::test_support
