#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/misbehaving_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;

class misbehaviour_tls : public ::testing::Test {
protected:
    [[nodiscard]] std::shared_ptr<const net::destination> at(const misbehaving_server& server,
                                                             const http_options& http = {}) const {
        tls_options tls;
        tls.ca = ca.file();
        return destination_at(server.port(), tls, http, {}, "https://localhost");
    }

    throwaway_ca ca;
    certificate_files identity = ca.issue("DNS:localhost");
    // For a server that is plain at first.
    script good_over_tls = script().over_tls(identity).head().send(answer("good")).to_end();
    client_rig rig;
};

TEST_F(misbehaviour_tls, no_handshake_is_had_from_who_does_not_speak_tls) {
    for (const script& what : {script(), script().bytes(5), script().bytes(5).break_off(),
                               script().bytes(5).send("HTTP/1.1 400 Bad Request\r\n\r\n").to_end(),
                               script().bytes(5).send_for_ever(std::string(1000, '\0')),
                               script().bytes(5).send("\x16\x03\x01").end_sending().to_end()}) {
        misbehaving_server server(what);
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = at(server);
        EXPECT_TRUE(failed_as(rig.get(where), error_kind::tls_failed, false));
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
        server.from_now_on(good_over_tls);
        pool.expect(where, server, "good");
    }
}

TEST_F(misbehaviour_tls, a_handshake_without_end_meets_the_deadline) {
    misbehaving_server server(script().to_end());  // plain, and silent
    const clean_pool pool(rig);
    http_options http;
    http.connect_timeout = 100ms;
    EXPECT_TRUE(failed_as(rig.get(at(server, http)), error_kind::timeout, false));
    const auto patient = at(server);
    outgoing call;
    call.options.until = rig.in(100ms);  // after the CA files were read, which takes its time
    EXPECT_TRUE(failed_as(rig.send(patient, std::move(call)), error_kind::timeout, false));
    EXPECT_TRUE(server.wait_until_finished(1));
    server.from_now_on(good_over_tls);
    pool.expect(patient, server, "good");
}

TEST_F(misbehaviour_tls, an_end_without_a_word_is_no_end) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    for (const std::string& text : {std::string(), head, head + "Content-Length: 9\r\n\r\nshort",
                                    head + "Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
                                    // Anybody on the way could have cut this one off.
                                    head + "\r\nuntil the end, whenever that is"}) {
        SCOPED_TRACE(text);
        const misbehaving_server server({script().head().send(text).end_sending().to_end(),
                                         script().head().send(answer("good")).to_end()},
                                        identity);
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = at(server);
        EXPECT_TRUE(failed_as(rig.get(where), error_kind::connection_lost, true));
        EXPECT_EQ(rig.client->look(*where).idle, 0U);
        pool.expect(where, server, "good");
    }
}

TEST_F(misbehaviour_tls, a_proper_end_is_an_end) {
    const misbehaving_server server({script().head().send("HTTP/1.1 200 OK\r\n\r\nall of it"),
                                     script().head().send(answer("good")).to_end()},
                                    identity);
    const clean_pool pool(rig);
    const auto where = at(server);
    const result<response> got = rig.get(where);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "all of it");
    pool.expect(where, server, "good");
}

TEST_F(misbehaviour_tls, resets_are_lost_connections) {
    const misbehaving_server server(
        {script().head().break_off(), script().head().send("HTTP/1.1 200 O").break_off(),
         script().head().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort").break_off(),
         script().head().send(answer("good")).to_end()},
        identity);
    const clean_pool pool(rig);
    const auto where = at(server);
    for (int call = 0; call < 3; ++call)
        EXPECT_TRUE(failed_as(rig.get(where), error_kind::connection_lost, true)) << call;
    pool.expect(where, server, "good");
}

TEST_F(misbehaviour_tls, byte_by_byte_is_an_answer) {
    const misbehaving_server server({script()
                                         .head()
                                         .send_in_pieces(answer("four"))
                                         .head()
                                         .send_in_pieces(answer("more"))
                                         .to_end()},
                                    identity);
    const clean_pool pool(rig);
    const auto where = at(server);
    EXPECT_EQ(rig.get(where).value().body, "four");
    pool.expect(where, server, "more");
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(misbehaviour_tls, what_comes_with_the_handshake_is_not_lost) {
    const misbehaving_server server({script().head().head().send(answer("good")).to_end()},
                                    identity, {.greeting = answer("in haste")});
    const clean_pool pool(rig);
    const auto where = at(server);
    EXPECT_EQ(rig.get(where).value().body, "in haste");
    pool.expect(where, server, "good");
}

TEST_F(misbehaviour_tls, answered_before_all_is_sent) {
    const misbehaving_server server(
        {script().head().send(answer("no", {}, "413 Too Large")).to_end(),
         script().head().send(answer("good")).to_end()},
        identity);
    const clean_pool pool(rig);
    outgoing put;
    put.method = "PUT";
    put.body = std::string(std::size_t{20} << 20, 'x');
    const auto where = at(server);
    EXPECT_TRUE(answered(rig.send(where, std::move(put)), 413));
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
    pool.expect(where, server, "good");
}

TEST_F(misbehaviour_tls, words_of_tls_do_not_end_an_idle_connection) {
    misbehaving_server server({script()
                                   .head()
                                   .send(answer("first"))
                                   .until_told()
                                   .send_tls_words()
                                   .until_told()
                                   .head()
                                   .send(answer("second"))
                                   .to_end()},
                              identity);
    const clean_pool pool(rig);
    const auto where = at(server);
    EXPECT_EQ(rig.get(where).value().body, "first");
    server.go_on();
    ASSERT_TRUE(server.wait_until_waiting());
    rig.loop.restart();
    rig.loop.poll();
    EXPECT_EQ(rig.client->look(*where).idle, 1U);
    server.go_on();
    pool.expect(where, server, "second");
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(misbehaviour_tls, idle_connections_that_end_are_replaced) {
    misbehaving_server server({script().head().send(answer("first")).until_told(),
                               script().head().send(answer("second")).to_end()},
                              identity);
    const clean_pool pool(rig);
    const auto where = at(server);
    EXPECT_EQ(rig.get(where).value().body, "first");
    server.go_on();
    EXPECT_TRUE(rig.run_until([&] { return rig.client->look(*where).idle == 0; }));
    pool.expect(where, server, "second");
}

}  // namespace
}  // namespace symphony::test_support
