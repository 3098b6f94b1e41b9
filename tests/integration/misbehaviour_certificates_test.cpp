#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/http2_frames.hpp"
#include "support/misbehaving_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

// Servers that cannot prove who they are, or would rather speak something older. Each is refused
// before anything is sent, and served by the same pool as soon as it is in order.

namespace symphony::test_support {
namespace {

using enum error_kind;
using ::testing::HasSubstr;

class misbehaving_certificate : public ::testing::Test {
protected:
    [[nodiscard]] client_rig::target_ptr at(const misbehaving_server& server,
                                            const std::string& host = "localhost") const {
        tls_options tls;
        tls.ca = ca.file();
        return destination_at(server.port(), tls, {}, {}, "https://" + host);
    }

    // By a server that is plain at first.
    [[nodiscard]] script served_over_tls() const {
        return script().over_tls(good).head().send(answer("good")).to_end();
    }

    throwaway_ca ca;
    certificate_files good = ca.issue("DNS:localhost,IP:127.0.0.1");
    script served = script().head().send(answer("good")).to_end();
};

TEST_F(misbehaving_certificate, is_refused_by_name_and_costs_nothing_else) {
    throwaway_ca stranger;
    throwaway_ca between(stranger, "an issuer that nobody knows");
    struct row {
        const char* what;
        certificate_files shown;
        const char* says;
        const char* host = "localhost";
    };
    for (const row& one : {
             row{"expired", ca.issue("DNS:localhost", {.from = -9, .to = -2}), "expired on 20"},
             row{"not valid yet", ca.issue("DNS:localhost", {.from = 2, .to = 9}),
                 "not yet valid: it begins on 20"},
             row{"another name", ca.issue("DNS:other.test"), "a certificate for other.test ("},
             row{"a wildcard for another domain", ca.issue("DNS:*.other.test"),
                 "a certificate for *.other.test ("},
             row{"a wildcard for all", ca.issue("DNS:*"), "a certificate for * ("},
             row{"another address", ca.issue("IP:127.0.0.2"), "a certificate for 127.0.0.2 (",
                 "127.0.0.1"},
             row{"an address that is written as a name", ca.issue("DNS:127.0.0.1"),
                 "does not prove that name", "127.0.0.1"},
             row{"no name at all", ca.issue_client("somebody"), "without a host name"},
             row{"signed by a stranger of the same name", stranger.issue("DNS:localhost"),
                 "signature failure"},
             row{"signed by a stranger", between.issue("DNS:localhost"), "give its CA as tls.ca"},
             row{"self-signed", stranger.own(), "give its CA as tls.ca"},
         }) {
        SCOPED_TRACE(one.what);
        misbehaving_server server({served}, one.shown);
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = at(server, one.host);
        const result<response> got = rig.get(where);
        ASSERT_TRUE(failed_as(got, tls_failed, false));
        EXPECT_THAT(got.error().message, HasSubstr(one.says));
        EXPECT_TRUE(got.error().certificate_refused);
        EXPECT_EQ(server.received(0), "") << "something was sent all the same";
        server.show(good);
        pool.expect(where, server, "good");
    }
}

TEST_F(misbehaving_certificate, a_lower_version_of_tls_is_not_taken) {
    misbehaving_server server({served}, good, {.ca = {}, .only_1_2 = true});
    client_rig rig;
    const clean_pool pool(rig);
    tls_options modern;
    modern.ca = ca.file();
    modern.min_version = "1.3";
    const auto where = destination_at(server.port(), modern, {}, {}, "https://localhost");
    const result<response> got = rig.get(where);
    ASSERT_TRUE(failed_as(got, tls_failed, false));
    EXPECT_FALSE(got.error().certificate_refused);
    server.show(good);
    pool.expect(where, server, "good");
}

// A ServerHello by hand, whatever the client offered.
TEST_F(misbehaving_certificate, an_answer_in_an_old_version_of_tls_is_not_taken) {
    for (const char minor : {'\0', '\1', '\2'}) {  // SSL 3.0, TLS 1.0 and 1.1
        SCOPED_TRACE(static_cast<int>(minor));
        std::string hello("\x02\0\0\x26\x03", 5);
        hello += minor + std::string(32, 'r') + std::string("\0\0\x2f\0", 4);
        std::string record("\x16\x03\x01\0", 4);
        record += static_cast<char>(hello.size());
        misbehaving_server server(script().bytes(5).send(record + hello).to_end());
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = at(server);
        EXPECT_TRUE(failed_as(rig.get(where), tls_failed, false));
        server.from_now_on(served_over_tls());
        pool.expect(where, server, "good");
    }
}

TEST_F(misbehaving_certificate, http_1_is_not_taken_for_http_2) {
    const std::string refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    struct row {
        const char* what;
        client_demand shown;  // the protocol of ALPN, where h2 alone is offered
        error_kind kind;
        std::optional<bool> maybe_sent;
        const char* says;
    };
    for (const row& one : {
             row{"no protocol", {}, protocol_error, false, "does not speak HTTP/2"},
             row{"http/1.1", {.protocol = "http/1.1"}, tls_failed, false, "the TLS handshake with"},
             row{"spdy/3", {.protocol = "spdy/3"}, tls_failed, false, "the TLS handshake with"},
             // Depends on who is quicker.
             row{"a lie", {.protocol = "h2"}, protocol_error, std::nullopt, "breaks HTTP/2"},
             row{"a lie in haste",
                 {.greeting = refusal, .protocol = "h2"},
                 protocol_error,
                 std::nullopt,
                 "breaks HTTP/2"},
         }) {
        SCOPED_TRACE(one.what);
        misbehaving_server server({script().head().send(refusal).to_end()}, good, one.shown);
        client_rig rig;
        const clean_pool pool(rig);
        tls_options tls;
        tls.ca = ca.file();
        http_options demanding;
        demanding.version = http_version::http2;
        const auto where = destination_at(server.port(), tls, demanding, {}, "https://localhost");
        const result<response> got = rig.get(where);
        ASSERT_TRUE(failed_as(got, one.kind, one.maybe_sent));
        EXPECT_THAT(got.error().message, HasSubstr(one.says));
        EXPECT_EQ(server.connections(), 1U);
        server.show(good, {.protocol = "h2"});
        server.from_now_on(after_request(settings() + answer_on(1, "good")).to_end());
        pool.expect(where, server, "good");
    }
}

TEST_F(misbehaving_certificate, a_server_that_wants_ours_and_gets_none_says_so) {
    for (const bool only_1_2 : {false, true}) {
        misbehaving_server server({served}, good, {.ca = ca.file(), .only_1_2 = only_1_2});
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = at(server);
        const result<response> got = rig.get(where);
        ASSERT_TRUE(failed_as(got, tls_failed, false));
        EXPECT_THAT(got.error().message, HasSubstr("wants a client certificate"));
        EXPECT_FALSE(got.error().certificate_refused) << "that was ours";
        server.show(good);
        pool.expect(where, server, "good");
    }
}

}  // namespace
}  // namespace symphony::test_support
