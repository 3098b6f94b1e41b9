#include "unit/net/gate.hpp"
#include "unit/net/http2_test_client.hpp"
#include "unit/net/running_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

// Clients that break HTTP/2, or smuggle.

namespace symphony::net::server_test {
namespace {

namespace asio = boost::asio;

const std::uint8_t whole = h2::end_headers | h2::end_stream;

std::string pseudo(std::string_view method, std::string_view path) {
    return h2::field(":method", method) + h2::field(":scheme", "https") + h2::field(":path", path);
}

TEST(http2_server_misuse, what_is_no_proper_request_never_reaches_the_handler) {
    using std::string_view_literals::operator""sv;
    const std::string sound = http2_test_client::head_block("GET", "/");
    struct {
        const char* name;
        std::string block;
        int status;  // 0: a reset by PROTOCOL_ERROR
    } const cases[] = {
        {"hosts that differ", sound + h2::field("host", "b"), 400},
        {"two hosts", sound + h2::field("host", "a") + h2::field("host", "a"), 0},
        {"no host at all", pseudo("GET", "/"), 0},
        {"a host with a user", pseudo("GET", "/") + h2::field("host", "u@a"), 400},
        {"an authority with a user", h2::field(":authority", "u@a") + pseudo("GET", "/"), 400},
        {"CONNECT", h2::field(":method", "CONNECT") + h2::field(":authority", "a"), 501},
        {"a method that is no token", http2_test_client::head_block("G ET", "/"), 0},
        {"asterisk with GET", http2_test_client::head_block("GET", "*"), 0},
        {"a target with a space", http2_test_client::head_block("GET", "/a b"), 0},
        {"a target with a fragment", http2_test_client::head_block("GET", "/a#b"), 400},
        {"an absolute target", http2_test_client::head_block("GET", "http://b/"), 0},
        {"no path",
         h2::field(":method", "GET") + h2::field(":scheme", "http") + h2::field(":authority", "a"),
         0},
        {"two paths", pseudo("GET", "/") + h2::field(":path", "/b"), 0},
        {"an unknown pseudo field", sound + h2::field(":other", "b"), 0},
        {"a pseudo field too late", h2::field("host", "a") + pseudo("GET", "/"), 0},
        {"another scheme",
         h2::field(":method", "GET") + h2::field(":scheme", "ftp") + h2::field(":authority", "a") +
             h2::field(":path", "/"),
         400},
        {"connection", sound + h2::field("connection", "close"), 0},
        {"transfer-encoding", sound + h2::field("transfer-encoding", "chunked"), 0},
        {"upgrade", sound + h2::field("upgrade", "h2c"), 0},
        {"keep-alive", sound + h2::field("keep-alive", "1"), 0},
        {"proxy-connection", sound + h2::field("proxy-connection", "close"), 0},
        {"te", sound + h2::field("te", "gzip"), 0},
        {"a name in capitals", sound + h2::field("X-One", "1"), 0},
        {"a name with a colon", sound + h2::field("a:b", "1"), 0},
        {"a name with a line end", sound + h2::field("a\r\nb", "1"), 0},
        {"a value with a line end", sound + h2::field("a", "1\r\nb: 2"), 0},
        {"a value with LF", sound + h2::field("a", "1\nb: 2"), 0},
        {"a value with NUL", sound + h2::field("a", "1\0002"sv), 0},
        {"a cookie with a line end", sound + h2::field("cookie", "a\r\n"), 0},
        {"two lengths", sound + h2::field("content-length", "0") + h2::field("content-length", "0"),
         0},
        {"a length that is none", sound + h2::field("content-length", "-1"), 0},
        {"a list of lengths", sound + h2::field("content-length", "0, 0"), 0},
        {"a body that never comes", sound + h2::field("content-length", "1"), 0},
        {"an expectation", sound + h2::field("expect", "wonders"), 417},
    };
    gate held;
    running_server server(held.handler());
    for (const auto& one : cases) {
        SCOPED_TRACE(one.name);
        http2_test_client client(server.port);
        client.send(h2::head(1, one.block, whole));
        const auto& got = client.answer(1);
        if (one.status == 0) {
            EXPECT_EQ(got.reset, NGHTTP2_PROTOCOL_ERROR);
        } else {
            EXPECT_EQ(got.status, one.status);
        }
        // The connection goes on.
        EXPECT_EQ(held.held, 0);
        client.send(client.get(3, "/now", h2::field("te", "trailers")));
        EXPECT_EQ(client.answer(3).status, 200);
        held.held = 0;
    }
}

TEST(http2_server_misuse, an_asterisk_is_for_options) {
    gate held;
    running_server server(held.handler());
    http2_test_client client(server.port);
    client.send(h2::head(1, client.head_block("OPTIONS", "*"), whole));
    held.wait_until_held();
}

TEST(http2_server_misuse, a_body_must_be_as_long_as_it_says) {
    const std::string five = h2::field("content-length", "5");
    for (const auto& body : {h2::body(1, "four"), h2::body(1, "sixsix"),
                             h2::body(1, "four", 0) + h2::body(1, "sixsix", 0)}) {
        std::atomic<bool> whole_one{false};
        running_server server([&](server_request& request) -> asio::awaitable<response> {
            for (;;) {
                const auto piece = co_await request.body->read();
                if (!piece) break;
                if (piece->empty()) whole_one = true;
                if (piece->empty()) break;
            }
            response answer;
            answer.status = 200;
            co_return answer;
        });
        http2_test_client client(server.port);
        client.send(client.post(1, "/", five) + body);
        EXPECT_EQ(client.answer(1).reset, NGHTTP2_PROTOCOL_ERROR);
        client.send(client.get(3));
        EXPECT_EQ(client.answer(3).status, 200);
    }
}

TEST(http2_server_misuse, a_head_that_is_too_large_gets_431) {
    gate held;
    running_server server(held.handler(), {.max_header_bytes = 1000});
    http2_test_client client(server.port);
    std::string more;
    for (int i = 0; i < 12; ++i)
        more += h2::field("x-" + std::to_string(i), std::string(90, 'x'));
    client.send(client.get(1, "/", more));
    EXPECT_EQ(client.answer(1).status, 431);
    client.send(client.get(3, "/now"));
    EXPECT_EQ(client.answer(3).status, 200);
    EXPECT_EQ(held.held, 1);
    // So much that not even reading it is worthwhile.
    client.send(client.get(5, "/", more + more + more + more));
    client.hear_all();
    EXPECT_EQ(client.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST(http2_server_misuse, trailers_have_a_bound_too) {
    gate held;
    running_server server(held.handler(), {.max_header_bytes = 1000});
    http2_test_client client(server.port);
    std::string late;
    for (int i = 0; i < 50; ++i)
        late += h2::field("x-" + std::to_string(i), std::string(90, 'x'));
    client.send(client.post(1) + h2::head(1, late, whole));
    client.hear_all();
    EXPECT_EQ(client.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST(http2_server_misuse, what_breaks_the_protocol_ends_the_connection) {
    struct {
        const char* name;
        std::string said;
    } const cases[] = {
        {"no settings", http2_test_client::get(1)},
        {"an even stream", h2::settings() + http2_test_client::get(2)},
        {"data on no stream", h2::settings() + h2::body(0, "text")},
        {"data on an idle stream", h2::settings() + h2::body(5, "text")},
        {"settings of no proper size", h2::frame(frame_type::settings, 0, 0, "12345")},
        {"garbage for a head", h2::settings() + h2::head(1, "\xff\xff\xff\xff\xff\xff", whole)},
        {"a head interrupted", h2::settings() + h2::head(1, "", 0) + h2::settings()},
        {"a push", h2::settings() + h2::frame(frame_type::push_promise, 4, 1, "\0\0\0\2")},
        {"a frame beyond its size",
         h2::settings() + http2_test_client::post(1) + h2::body(1, std::string(20'000, 'x'))},
        {"a window beyond its size", h2::settings() + http2_test_client::window(0, 0x7fffffff)},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.name);
        gate held;
        running_server server(held.handler());
        blocking_client client(server.port, NGHTTP2_CLIENT_MAGIC + one.said);
        const std::string last = client.read_all();
        EXPECT_THAT(last, ::testing::HasSubstr(std::string("\x07\0\0\0\0\0", 6)));  // GOAWAY
        EXPECT_TRUE(client.ended());
        client.close();
        EXPECT_TRUE(server.wait_for_connections(0));
    }
}

TEST(http2_server_misuse, streams_beyond_the_limit_are_refused) {
    gate held;
    running_server server(held.handler(), {.max_streams = 2});
    http2_test_client client(server.port);
    ASSERT_TRUE(client.hear_until([&] { return client.settings[3] == 2; }));
    client.send(client.get(1) + client.get(3));
    held.wait_until_held(2);
    client.send(client.get(5));
    client.hear_until([&] { return client.streams[5].reset || client.goaway; });
    EXPECT_TRUE(client.streams[5].reset || client.goaway);
    EXPECT_EQ(held.held, 2);
}

}  // namespace
}  // namespace symphony::net::server_test
