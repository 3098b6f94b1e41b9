#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/misbehaving_server.hpp"
#include "support/nginx.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// Large bodies wait for the server's leave (RFC 9110, 10.1.1).

namespace symphony::test_support {
namespace {

constexpr std::size_t large = std::size_t{1} << 20;
const std::string go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";

outgoing upload(std::size_t size = large) {
    outgoing made;
    made.method = "PUT";
    made.body.assign(size, 'x');
    return made;
}

bool asks(const std::string& head) {
    return head.find("Expect: 100-continue\r\n") != std::string::npos;
}

struct expect_continue : ::testing::Test {
    client_rig rig;
};

TEST_F(expect_continue, the_body_waits_for_the_servers_leave) {
    misbehaving_server server(
        script().head().until_told().send(go_ahead).bytes(large).send(answer("took it")).to_end());
    const auto call = rig.start(destination_at(server.port()), upload());
    ASSERT_TRUE(rig.run_until([&] { return server.received(0).ends_with("\r\n\r\n"); }));
    EXPECT_TRUE(asks(server.received(0)));
    server.go_on();
    ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
    ASSERT_TRUE(answered(*call->outcome));
    EXPECT_EQ((*call->outcome)->body, "took it");
}

TEST_F(expect_continue, other_interim_answers_are_no_leave) {
    misbehaving_server server(script()
                                  .head()
                                  .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                                  .until_told()
                                  .send(go_ahead)
                                  .bytes(large)
                                  .send(answer("took it"))
                                  .to_end());
    const auto call = rig.start(destination_at(server.port()), upload());
    ASSERT_TRUE(rig.run_until([&] { return server.received(0).ends_with("\r\n\r\n"); }));
    server.go_on();
    ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
    EXPECT_TRUE(answered(*call->outcome));
}

TEST_F(expect_continue, an_early_answer_that_is_too_long_ends_the_call) {
    misbehaving_server server(
        script().head().send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").to_end());
    limit_options limits;
    limits.max_response_bytes = 100;
    const auto call = rig.start(destination_at(server.port(), {}, {}, limits), upload());
    ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
    ASSERT_FALSE(*call->outcome);
    EXPECT_EQ(call->outcome->error().kind, error_kind::response_too_large);
}

TEST_F(expect_continue, who_is_refused_sends_no_body_and_reads_none) {
    misbehaving_server server(
        script().head().send(answer("too much", {}, "413 Content Too Large")).to_end());
    const auto where = destination_at(server.port());
    outgoing streamed = upload(0);
    auto body = std::make_unique<testing::memory_body>(std::vector<std::string>{"piece"});
    const auto& source = *body;
    streamed.stream = std::move(body);
    const auto call = rig.start(where, std::move(streamed));
    ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
    ASSERT_TRUE(answered(*call->outcome, 413));
    EXPECT_EQ((*call->outcome)->body, "too much");
    EXPECT_EQ(source.reads(), 0U);
    EXPECT_TRUE(server.received(0).ends_with("\r\n\r\n"));
    EXPECT_EQ(rig.client->look(*where).idle, 0U) << "the server still waits for the body";
}

TEST_F(expect_continue, a_server_that_knows_nothing_of_it_is_asked_without) {
    misbehaving_server server({script().head().send(answer("", {}, "417 Expectation Failed")),
                               script().head().bytes(large).send(answer("took it")).to_end()});
    const auto where = destination_at(server.port());
    const result<response> got = rig.send(where, upload());
    ASSERT_TRUE(answered(got));
    EXPECT_TRUE(asks(server.received(0)));
    EXPECT_FALSE(asks(server.received(1)));
}

TEST_F(expect_continue,
       a_server_without_a_word_gets_the_body_after_a_second_and_is_not_asked_again) {
    misbehaving_server server(script()
                                  .head()
                                  .bytes(large)
                                  .send(answer("first"))
                                  .head()
                                  .bytes(large)
                                  .send(answer("second"))
                                  .to_end());
    const auto where = destination_at(server.port());
    const instant begun = rig.time.now();
    EXPECT_TRUE(answered(rig.send(where, upload())));
    EXPECT_GE(rig.time.now() - begun, std::chrono::seconds(1));
    const std::size_t first = server.received(0).size();
    const result<response> again = rig.send(where, upload());
    ASSERT_TRUE(answered(again));
    EXPECT_EQ(again->body, "second");
    EXPECT_FALSE(asks(server.received(0).substr(first)));
}

// More than the socket's buffers hold, so that it comes while the body is being sent.
TEST_F(expect_continue, an_interim_answer_amid_the_body_does_not_end_it) {
    constexpr std::size_t huge = 32 * large;
    for (const bool secured : {false, true}) {
        throwaway_ca ca;
        const script late =
            script().head().bytes(1000).send(go_ahead).bytes(huge - 1000).send(answer("all"));
        const auto server = secured ? std::make_unique<misbehaving_server>(std::vector{late},
                                                                           ca.issue("IP:127.0.0.1"))
                                    : std::make_unique<misbehaving_server>(late);
        tls_options tls;
        tls.ca = ca.file();
        http_options http;
        http.expect_continue = false;
        const auto where = destination_at(server->port(), tls, http, {},
                                          secured ? "https://127.0.0.1" : "http://127.0.0.1");
        const result<response> got = rig.send(where, upload(huge));
        ASSERT_TRUE(answered(got)) << secured;
        EXPECT_EQ(got->body, "all");
    }
}

TEST_F(expect_continue, small_bodies_and_who_does_not_want_it_do_not_wait) {
    misbehaving_server small(script().head().bytes(large - 1).send(answer("")).to_end());
    EXPECT_TRUE(answered(rig.send(destination_at(small.port()), upload(large - 1))));
    EXPECT_FALSE(asks(small.received(0)));
    misbehaving_server off(script().head().bytes(large).send(answer("")).to_end());
    http_options http;
    http.expect_continue = false;
    EXPECT_TRUE(answered(rig.send(destination_at(off.port(), {}, http), upload())));
    EXPECT_FALSE(asks(off.received(0)));
}

TEST_F(expect_continue, a_connection_lost_meanwhile_is_lost) {
    misbehaving_server server(
        {script().head().break_off(), script().head().send(answer("good")).to_end()});
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    EXPECT_TRUE(failed_as(rig.send(where, upload()), error_kind::connection_lost, true));
    pool.expect(where, server, "good");
}

TEST_F(expect_continue, the_deadline_holds_meanwhile) {
    misbehaving_server server({script().to_end(), script().head().send(answer("good")).to_end()});
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    outgoing late = upload();
    late.options.until = rig.in(std::chrono::milliseconds(50));
    EXPECT_TRUE(failed_as(rig.send(where, std::move(late)), error_kind::timeout, true));
    pool.expect(where, server, "good");
}

TEST_F(expect_continue, nginx_takes_bodies_of_known_and_unknown_length) {
    const nginx server{R"(server {
        listen @LISTEN@;
        client_max_body_size 2m;
        location / { root @ROOT@; dav_methods PUT; }
    })"};
    const auto where = destination_at(server.port());
    outgoing known = upload();
    known.target = "/known";
    EXPECT_TRUE(answered(rig.send(where, std::move(known)), 201));
    outgoing unknown = upload(0);
    unknown.target = "/unknown";
    unknown.stream = std::make_unique<testing::memory_body>(
        std::vector<std::string>(20, std::string(50'000, 'y')));
    EXPECT_TRUE(answered(rig.send(where, std::move(unknown)), 201));
    outgoing too_large = upload(3 * large);
    too_large.target = "/large";
    EXPECT_TRUE(answered(rig.send(where, std::move(too_large)), 413));
}

}  // namespace
}  // namespace symphony::test_support
