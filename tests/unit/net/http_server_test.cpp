#include "symphony/net/http_server.hpp"

#include "unit/net/blocking_client.hpp"
#include "unit/net/http2_test_client.hpp"
#include "unit/net/running_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace symphony::net::server_test {
namespace {

namespace asio = boost::asio;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

asio::awaitable<result<std::string>> read_body(server_request& request) {
    std::string body;
    for (;;) {
        result<std::string_view> piece = co_await request.body->read();
        if (!piece) co_return std::unexpected(std::move(piece.error()));
        if (piece->empty()) co_return body;
        body += *piece;
    }
}

// Says what it was asked; the target decides what else it does.
asio::awaitable<response> echo(server_request& request) {
    response answer;
    answer.status = 200;
    if (request.target == "/throws") throw std::runtime_error("oops");
    if (request.target == "/bad-status") answer.status = 7;
    if (request.target == "/large") {
        answer.body = std::string(8 << 20, 'L');
        co_return answer;
    }
    if (request.target == "/unread") {
        answer.body = "unread";
        co_return answer;
    }
    if (request.target == "/204") answer.status = 204;
    const result<std::string> body = co_await read_body(request);
    answer.body = request.method + " " + request.target + " " +
                  (body ? *body : std::string(to_string(body.error().kind)));
    co_return answer;
}

std::string get(std::string_view target, std::string_view more = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(more) + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view more = "") {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(more) + "\r\n" + std::string(body);
}

TEST(http_server, answers_and_keeps_the_connection) {
    running_server server(echo);
    blocking_client client(server.port);
    for (int i = 0; i < 3; ++i) {
        client.send(get("/" + std::to_string(i)));
        EXPECT_THAT(client.read_answer(),
                    MatchesRegex("HTTP/1.1 200 OK\r\nDate: [A-Z][a-z]+, .* GMT\r\n"
                                 "Content-Length: 7\r\n\r\nGET /" +
                                 std::to_string(i) + " "));
    }
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http_server, closes_when_asked_to) {
    running_server server(echo);
    for (const std::string& request :
         {get("/", "Connection: close\r\n"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
        blocking_client client(server.port, request);
        EXPECT_THAT(client.read_all(), HasSubstr("Connection: close\r\n\r\nGET / "));
        EXPECT_TRUE(client.ended());
    }
    blocking_client old(server.port, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(old.read_answer(), HasSubstr("Connection: keep-alive\r\n\r\nGET / "));
    old.send("GET /2 HTTP/1.0\r\n\r\n");
    EXPECT_THAT(old.read_all(), HasSubstr("GET /2 "));
}

TEST(http_server, answers_pipelined_requests_in_order) {
    running_server server(echo);
    std::string requests;
    for (int i = 0; i < 100; ++i)
        requests += i % 2 ? get("/" + std::to_string(i)) : post("/" + std::to_string(i), "body");
    blocking_client client(server.port, requests);
    for (int i = 0; i < 100; ++i)
        ASSERT_THAT(client.read_answer(), HasSubstr(" /" + std::to_string(i) + " "));
}

TEST(http_server, refuses_with_a_status_and_closes) {
    running_server server(echo);
    const std::pair<int, std::string> refusals[]{
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\nHost: a\n\n"},
        {400, "nonsense\r\n"},
        {431, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70'000, 'x')},
        {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
        {505, "GET / HTTP/3.0\r\n\r\n"},
    };
    for (const auto& [status, request] : refusals) {
        blocking_client client(server.port, request + get("/smuggled"));
        const std::string answer = client.read_all();
        EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 " + std::to_string(status)),
                                  HasSubstr("Connection: close"), Not(HasSubstr("smuggled"))));
    }
}

// Says what it is told, with a status that is not its to choose; nothing of 505.
server_options options_with_words() {
    server_options options;
    options.refusal = [](int status, std::string_view reason) {
        if (status == 505) throw std::bad_alloc();
        response answer;
        answer.status = 200;
        answer.fields.add("x-told", std::to_string(status));
        answer.body = reason;
        return answer;
    };
    return options;
}

TEST(http_server, refuses_in_the_words_of_its_user) {
    running_server server(echo, options_with_words());
    const std::pair<int, std::string> refusals[]{
        {400, "nonsense\r\n"},
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n"},
        {431, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70'000, 'x')},
        {500, get("/throws")},
        {501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
    };
    for (const auto& [status, request] : refusals) {
        blocking_client client(server.port, request + get("/smuggled"));
        const std::string answer = client.read_all();
        const std::string told = std::to_string(status);
        EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 " + told + " "), Not(HasSubstr("smuggled")),
                                  HasSubstr("\r\nx-told: " + told + "\r\n"),
                                  HasSubstr("\r\nConnection: close\r\n")));
        const std::size_t size = answer.size() - (answer.find("\r\n\r\n") + 4);
        EXPECT_GT(size, 0U) << answer;
        EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: " + std::to_string(size) + "\r\n"));
    }
}

TEST(http_server, refuses_without_words_where_none_may_be_or_none_are_found) {
    running_server server(echo, options_with_words());
    blocking_client head(server.port, "HEAD / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(head.read_all(), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("x-told: 400\r\n"),
                                       EndsWith("\r\n\r\n")));
    blocking_client speechless(server.port, "GET / HTTP/3.0\r\n\r\n");
    EXPECT_THAT(speechless.read_all(),
                AllOf(StartsWith("HTTP/1.1 505 "), HasSubstr("\r\nContent-Length: 0\r\n"),
                      HasSubstr("\r\nConnection: close\r\n"), EndsWith("\r\n\r\n")));
}

TEST(http_server, refuses_in_the_words_of_its_user_over_http2_too) {
    running_server server(echo, options_with_words());
    http2_test_client client(server.port);
    client.send(client.get(1, "/", h2::field("expect", "wonders")) + client.get(3, "/throws"));
    for (const auto& [stream, status] : {std::pair(1U, 417), std::pair(3U, 500)}) {
        const auto& got = client.answer(stream);
        EXPECT_EQ(got.status, status);
        EXPECT_EQ(got.fields.get("x-told"), std::to_string(status));
        EXPECT_EQ(got.fields.get("content-length"), std::to_string(got.body.size()));
        EXPECT_NE(got.body, "");
    }
}

TEST(http_server, reads_bodies_of_both_codings) {
    running_server server(echo);
    blocking_client client(server.port, post("/", "hello"));
    EXPECT_THAT(client.read_answer(), HasSubstr("POST / hello"));
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char* part : {"5\r\nhe", "llo\r", "\n6;x=y\r\n world\r\n0", "\r\nT: x\r\n\r\n"})
        client.send(part);
    EXPECT_THAT(client.read_answer(), HasSubstr("POST / hello world"));
    client.send(get("/after"));
    EXPECT_THAT(client.read_answer(), HasSubstr("GET /after "));
}

TEST(http_server, gives_the_handler_an_error_for_a_broken_body) {
    running_server server(echo);
    blocking_client bad(server.port,
                        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" +
                            get("/smuggled"));
    EXPECT_THAT(bad.read_all(), AllOf(HasSubstr("POST / protocol_error"),
                                      HasSubstr("Connection: close"), Not(HasSubstr("smuggled"))));
    blocking_client cut(server.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
    cut.end_sending();
    EXPECT_THAT(cut.read_all(), HasSubstr("POST / connection_lost"));
}

TEST(http_server, drains_a_small_unread_body) {
    running_server server(echo);
    blocking_client client(server.port, post("/unread", std::string(100'000, 'x')) + get("/next"));
    EXPECT_THAT(client.read_answer(), HasSubstr("unread"));
    EXPECT_THAT(client.read_answer(), HasSubstr("GET /next "));
}

TEST(http_server, closes_over_a_large_unread_body) {
    running_server server(echo);
    blocking_client client(server.port,
                           "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx");
    EXPECT_THAT(client.read_all(), AllOf(HasSubstr("Connection: close"), HasSubstr("unread")));
    EXPECT_TRUE(client.ended());
}

TEST(http_server, sends_continue_when_the_body_is_first_read) {
    running_server server(echo);
    blocking_client client(server.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    EXPECT_THAT(client.read_answer(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("POST / hello")));
    // Whoever does not wait is not told to go on.
    client.send(post("/", "eager", "Expect: 100-continue\r\n"));
    EXPECT_THAT(client.read_answer(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("POST / eager")));
    // A handler that does not read never asks for the body, which may or may not come.
    client.send(
        "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_THAT(client.read_until("unread"),
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close")));
}

TEST(http_server, sends_no_body_for_head_and_204) {
    running_server server(echo);
    blocking_client client(server.port, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + get("/204"));
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 8\r\n"));
    EXPECT_THAT(client.read_until("\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"), Not(HasSubstr("Content-Length"))));
    client.send(get("/after", "Connection: close\r\n"));
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200"));
}

TEST(http_server, turns_exceptions_and_impossible_statuses_into_500) {
    running_server server(echo);
    for (const char* target : {"/throws", "/bad-status"}) {
        blocking_client client(server.port, get(target));
        EXPECT_THAT(client.read_all(), AllOf(StartsWith("HTTP/1.1 500 Internal Server Error\r\n"),
                                             HasSubstr("Connection: close")));
    }
}

TEST(http_server, sends_a_large_body_to_a_slow_reader) {
    running_server server(echo);
    blocking_client client(server.port, 4096);
    client.send(get("/large"));
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 8388608"));
    EXPECT_EQ(client.read(8 << 20), std::string(8 << 20, 'L'));
    client.send(get("/next"));
    EXPECT_THAT(client.read_answer(), HasSubstr("GET /next "));
}

TEST(http_server, names_the_peer) {
    std::string peer;
    running_server server([&peer](server_request& request) -> asio::awaitable<response> {
        peer = request.peer;
        response answer;
        answer.status = 200;
        co_return answer;
    });
    blocking_client(server.port, get("/")).read_answer();
    EXPECT_THAT(server.on_loop([&] { return peer; }), MatchesRegex("127.0.0.1:[0-9]+"));
}

TEST(http_server, says_why_it_cannot_listen) {
    running_server server(echo);
    const auto listen = [&](const std::string& host, std::uint16_t port, bool share = false) {
        return server.on_loop([&] { return server.server->listen(host, port, share); });
    };
    const auto taken = listen("localhost", server.port);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().kind, error_kind::connect_failed);
    EXPECT_EQ(taken.error().message, "cannot listen on localhost:" + std::to_string(server.port) +
                                         ": Address already in use");
    EXPECT_THAT(listen("api.example", 0).error().message,
                HasSubstr("api.example:0: the host must"));
    const auto shared = listen("127.0.0.1", 0, true);
    ASSERT_TRUE(shared);
    EXPECT_TRUE(listen("127.0.0.1", *shared, true));
    EXPECT_THAT(blocking_client(*shared, get("/x")).read_answer(), HasSubstr("GET /x "));
}

}  // namespace
}  // namespace symphony::net::server_test
