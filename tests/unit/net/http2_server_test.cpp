#include "symphony/testing/memory_body.hpp"
#include "unit/net/gate.hpp"
#include "unit/net/http2_test_client.hpp"
#include "unit/net/running_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

// Requests and answers over HTTP/2, in the clear.

namespace symphony::net::server_test {
namespace {

namespace asio = boost::asio;
using symphony::testing::memory_body;
using ::testing::HasSubstr;

asio::awaitable<result<std::string>> all_of(body_source& source) {
    std::string all;
    for (;;) {
        const auto piece = co_await source.read();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) co_return all;
        all += *piece;
    }
}

// What the handler was given, as text.
asio::awaitable<response> describe(server_request& request) {
    response answer;
    answer.status = 200;
    const std::string size = request.body->size() ? std::to_string(*request.body->size()) : "?";
    const auto body = co_await all_of(*request.body);
    answer.body = request.method + " " + request.target + " [" + (request.has_body ? size : "-") +
                  "] " + (body ? *body : to_string(body.error().kind).data());
    for (const header_view field : request.fields)
        answer.body.append("\n").append(field.name).append(": ").append(field.value);
    answer.fields.add("Connection", "keep-alive");
    answer.fields.add("Transfer-Encoding", "chunked");
    answer.fields.add("X-Mixed", "Case");
    co_return answer;
}

// Sends the request's body back as it comes.
class echo final : public body_source {
public:
    explicit echo(body_source& of) : of_(of) {}
    asio::awaitable<result<std::string_view>> read() override { return of_.read(); }
    std::optional<std::uint64_t> size() const noexcept override { return std::nullopt; }

private:
    body_source& of_;
};

asio::awaitable<response> send_back(server_request& request) {
    response answer;
    answer.status = 200;
    answer.stream = std::make_unique<echo>(*request.body);
    co_return answer;
}

// Pieces of a body of which it says that they are `size` bytes; the last may be a failure.
http_server::handler streams(std::vector<std::string> pieces, std::optional<std::uint64_t> size,
                             bool fails = false) {
    struct source final : body_source {
        asio::awaitable<result<std::string_view>> read() override {
            if (next < pieces.size()) co_return std::string_view(pieces[next++]);
            if (fails) co_return fail(error_kind::connection_lost, "for the test");
            co_return std::string_view();
        }
        std::optional<std::uint64_t> size() const noexcept override { return said; }
        std::vector<std::string> pieces;
        std::optional<std::uint64_t> said;
        bool fails = false;
        std::size_t next = 0;
    };
    return [=](server_request&) -> asio::awaitable<response> {
        auto made = std::make_unique<source>();
        made->pieces = pieces;
        made->said = size;
        made->fails = fails;
        response answer;
        answer.status = 200;
        answer.stream = std::move(made);
        co_return answer;
    };
}

TEST(http2_server, a_request_is_what_it_would_be_over_http_1) {
    running_server server(describe);
    http2_test_client client(server.port);
    client.send(client.get(
        1, "/path?q=1",
        h2::field("cookie", "a=1") + h2::field("x-one", "1") + h2::field("cookie", "b=2")));
    const auto& got = client.answer(1);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "GET /path?q=1 [-] \nHost: a\nx-one: 1\ncookie: a=1; b=2");
    EXPECT_EQ(got.fields.get("content-length"), std::to_string(got.body.size()));
    EXPECT_TRUE(got.fields.contains("date"));
    EXPECT_EQ(got.fields.get("x-mixed"), "Case");
    EXPECT_FALSE(got.fields.contains("connection"));
    EXPECT_FALSE(got.fields.contains("transfer-encoding"));
    EXPECT_EQ(client.settings[3], 100U);
    EXPECT_EQ(client.settings[6], 64U << 10);
}

TEST(http2_server, bodies_come_with_and_without_a_length) {
    running_server server(describe);
    http2_test_client client(server.port);
    client.send(client.post(1, "/a", h2::field("content-length", "5")) + h2::body(1, "he", 0) +
                h2::body(1, "llo"));
    EXPECT_THAT(client.answer(1).body, HasSubstr("POST /a [5] hello"));
    client.send(client.post(3, "/b") + h2::body(3, "hello", 0) + h2::body(3, ""));
    EXPECT_THAT(client.answer(3).body, HasSubstr("POST /b [?] hello"));
    // Trailers are dropped.
    client.send(client.post(5, "/c") + h2::body(5, "hello", 0) +
                h2::head(5, h2::field("x-late", "1"), h2::end_headers | h2::end_stream));
    EXPECT_EQ(client.answer(5).body, "POST /c [?] hello\nHost: a");
    client.send(client.post(7, "/d", h2::field("content-length", "0")) + h2::body(7, ""));
    EXPECT_THAT(client.answer(7).body, HasSubstr("POST /d [-] \n"));
}

TEST(http2_server, the_preface_may_come_in_pieces) {
    running_server server(describe);
    blocking_client client(server.port);
    const std::string all =
        NGHTTP2_CLIENT_MAGIC + h2::settings() + http2_test_client::get(1, "/pieces");
    for (const char byte : all)
        ASSERT_TRUE(client.send({&byte, 1}));
    EXPECT_THAT(client.read_until("Host: a"), HasSubstr("GET /pieces"));
}

TEST(http2_server, other_methods_beginning_with_p_are_http_1) {
    running_server server(describe);
    for (const std::string method : {"PRI", "PROPFIND", "POST", "P", "PR"}) {
        blocking_client client(server.port, method);
        client.send(" / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        EXPECT_THAT(client.read_answer(), HasSubstr(method + " / [-]"));
    }
}

TEST(http2_server, may_be_turned_off) {
    running_server server(describe, {.http2 = false});
    blocking_client client(server.port, NGHTTP2_CLIENT_MAGIC);
    EXPECT_THAT(client.read_all(), ::testing::StartsWith("HTTP/1.1 505"));
}

TEST(http2_server, answers_without_a_body_have_none) {
    int status = 200;
    running_server server([&](server_request&) -> asio::awaitable<response> {
        response answer;
        answer.status = status;
        answer.body = status == 200 ? "text" : "";
        co_return answer;
    });
    http2_test_client client(server.port);
    client.send(h2::head(1, client.head_block("HEAD", "/"), h2::end_headers | h2::end_stream));
    EXPECT_EQ(client.answer(1).fields.get("content-length"), "4");
    EXPECT_EQ(client.answer(1).body, "");
    std::uint32_t stream = 3;
    for (const int bodiless : {204, 304}) {
        server.on_loop([&] { status = bodiless; });
        client.send(client.get(stream));
        EXPECT_EQ(client.answer(stream).status, bodiless);
        EXPECT_EQ(client.answer(stream).body, "");
        EXPECT_FALSE(client.answer(stream).fields.contains("content-length"));
        stream += 2;
    }
}

TEST(http2_server, a_streamed_answer_must_be_as_long_as_it_says) {
    struct {
        std::optional<std::uint64_t> said;
        bool fails;
        bool whole;
    } const cases[] = {{std::nullopt, false, true},
                       {11, false, true},
                       {10, false, false},
                       {12, false, false},
                       {std::nullopt, true, false}};
    for (const auto& one : cases) {
        running_server server(streams({"hello ", "world"}, one.said, one.fails));
        http2_test_client client(server.port);
        client.send(client.get(1));
        const auto& got = client.answer(1);
        EXPECT_EQ(got.ended, one.whole);
        EXPECT_EQ(got.reset.has_value(), !one.whole);
        if (got.reset) EXPECT_EQ(*got.reset, NGHTTP2_INTERNAL_ERROR);
        // What there was before the failure arrives.
        if (one.said != 10) EXPECT_EQ(got.body, "hello world");
    }
}

TEST(http2_server, fifty_streams_at_once) {
    running_server server(send_back);
    http2_test_client client(server.port);
    std::string all;
    for (std::uint32_t id = 1; id < 100; id += 2)
        all += client.post(id);
    for (std::uint32_t id = 1; id < 100; id += 2)
        all += h2::body(id, "body of " + std::to_string(id), 0);
    client.send(all);
    all.clear();
    for (std::uint32_t id = 99; id >= 1 && id < 100; id -= 2)
        all += h2::body(id, ", all of it");
    client.send(all);
    for (std::uint32_t id = 1; id < 100; id += 2)
        EXPECT_EQ(client.answer(id).body, "body of " + std::to_string(id) + ", all of it");
}

TEST(http2_server, the_clients_windows_are_respected) {
    running_server server(streams({std::string(10, 'x'), std::string(20, 'y')}, std::nullopt));
    // SETTINGS_INITIAL_WINDOW_SIZE 1
    http2_test_client client(server.port, std::string("\0\x04\0\0\0\x01", 6));
    client.send(client.get(1));
    for (std::size_t bytes = 1; bytes < 30; ++bytes) {
        ASSERT_TRUE(client.hear_until([&] { return client.streams[1].body.size() == bytes; }));
        EXPECT_FALSE(client.streams[1].ended);
        client.send(client.window(1, 1));
    }
    EXPECT_EQ(client.answer(1).body, std::string(10, 'x') + std::string(20, 'y'));
}

TEST(http2_server, a_large_answer_arrives_whole) {
    std::string large(3'000'000, '\0');
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i] = static_cast<char>('a' + i * 7 % 26);
    running_server server([&](server_request& request) -> asio::awaitable<response> {
        response answer;
        answer.status = 200;
        if (request.target == "/whole") {
            answer.body = large;
        } else {
            std::vector<std::string> pieces;
            for (std::size_t at = 0; at < large.size(); at += 70'001)
                pieces.push_back(large.substr(at, 70'001));
            answer.stream = std::make_unique<memory_body>(std::move(pieces));
        }
        co_return answer;
    });
    http2_test_client client(server.port);
    client.send(client.window(0, 1 << 30) + client.get(1, "/whole") + client.get(3, "/streamed") +
                client.window(1, 4'000'000) + client.window(3, 4'000'000));
    EXPECT_EQ(client.answer(1).body == large, true);
    EXPECT_EQ(client.answer(3).body == large, true);
}

TEST(http2_server, the_window_opens_only_as_the_handler_reads) {
    gate held;
    running_server server([&](server_request& request) -> asio::awaitable<response> {
        response answer = co_await held.hold(request);
        answer.body = std::to_string((co_await all_of(*request.body))->size());
        co_return answer;
    });
    http2_test_client client(server.port);
    constexpr std::size_t stream_window = 256 << 10;
    ASSERT_TRUE(client.hear_until([&] { return client.settings[4] == stream_window; }));
    client.send(client.post(1));
    for (std::size_t sent = 0; sent < stream_window; sent += 16384)
        client.send(h2::body(1, std::string(16384, 'x'), 0));
    client.send(h2::frame(frame_type::ping, 0, 0, "12345678"));
    ASSERT_TRUE(client.hear_until([&] { return client.pings == 1; }));
    EXPECT_EQ(client.windows[1], 0U);  // it has all of it, and nobody has read any
    held.wait_until_held();
    server.on_loop([&] { held.open->cancel(); });
    ASSERT_TRUE(client.hear_until([&] { return client.windows[1] >= stream_window; }));
    client.send(h2::body(1, "end"));
    EXPECT_EQ(client.answer(1).body, std::to_string(stream_window + 3));
}

TEST(http2_server, what_the_handler_leaves_of_a_body_is_not_waited_for) {
    running_server server(streams({"enough"}, 6));
    http2_test_client client(server.port);
    client.send(client.post(1, "/", h2::field("content-length", "1000000")));
    ASSERT_TRUE(client.hear_until([&] { return client.streams[1].reset.has_value(); }));
    EXPECT_EQ(client.streams[1].body, "enough");
    EXPECT_TRUE(client.streams[1].ended);
    EXPECT_EQ(*client.streams[1].reset, NGHTTP2_NO_ERROR);
    // Body that is still on its way is nobody's, and the connection goes on.
    client.send(h2::body(1, std::string(1000, 'x'), 0) + client.get(3));
    EXPECT_EQ(client.answer(3).body, "enough");
}

TEST(http2_server, continue_is_said_when_the_handler_reads) {
    running_server server(describe);
    http2_test_client client(server.port);
    client.send(client.post(1, "/", h2::field("expect", "100-continue")));
    ASSERT_TRUE(client.hear_until([&] { return client.streams[1].status == 100; }));
    client.send(h2::body(1, "now"));
    EXPECT_THAT(client.answer(1).body, HasSubstr("now"));
    EXPECT_EQ(client.answer(1).status, 200);
    EXPECT_EQ(client.answer(1).interim, 1);
}

TEST(http2_server, a_handler_that_throws_gives_500) {
    running_server server([](server_request&) -> asio::awaitable<response> {
        throw std::runtime_error("for the test");
        co_return response();
    });
    http2_test_client client(server.port);
    client.send(client.get(1) + client.get(3));
    EXPECT_EQ(client.answer(1).status, 500);
    EXPECT_EQ(client.answer(3).status, 500);
}

}  // namespace
}  // namespace symphony::net::server_test
