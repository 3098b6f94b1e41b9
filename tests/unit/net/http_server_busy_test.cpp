// A server with many requests under way looks for what a client says next only when the loop's turn
// ends. Nobody is to notice.

#include "unit/net/blocking_client.hpp"
#include "unit/net/gate.hpp"
#include "unit/net/running_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace symphony::net::server_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view get_now = "GET /now HTTP/1.1\r\nHost: a\r\n\r\n";

struct http_server_busy : testing::Test {
    void SetUp() override {
        for (int i = 0; i < many; ++i)
            others.push_back(std::make_unique<blocking_client>(server.port, get));
        held.wait_until_held(many);
    }

    // What these say happens while the server waits for the turn's end after its answer.
    boost::asio::awaitable<response> act(server_request& request) {
        if (request.target == "/drain") {
            soon(co_await boost::asio::this_coro::executor, [this] { server.server->drain(); });
        } else if (request.target == "/wait") {
            soon(co_await boost::asio::this_coro::executor, [this] { time.advance(seconds(75)); });
        } else if (request.target == "/give-up") {
            co_return co_await read_cancelled(request);
        } else {
            co_return co_await held.hold(request);
        }
        response answer;
        answer.status = 200;
        co_return answer;
    }
    template <class Act>
    static void soon(const boost::asio::any_io_executor& loop, Act what) {
        boost::asio::post(loop, what);
    }
    // The reading of the body is cancelled while it waits for the turn's end.
    static boost::asio::awaitable<response> read_cancelled(server_request& request) {
        namespace asio = boost::asio;
        asio::cancellation_signal give_up;
        response answer;
        answer.status = 200;
        const auto read = [&]() -> asio::awaitable<void> {
            co_await asio::this_coro::throw_if_cancelled(false);
            soon(co_await asio::this_coro::executor,
                 [&] { give_up.emit(asio::cancellation_type::terminal); });
            const result<std::string_view> piece = co_await request.body->read();
            answer.body = piece ? "a piece" : to_string(piece.error().kind);
        };
        co_await asio::co_spawn(co_await asio::this_coro::executor, read(),
                                asio::bind_cancellation_slot(give_up.slot(), asio::use_awaitable));
        co_return answer;
    }

    static constexpr int many = 12;
    hand_time time;
    gate held;
    running_server server{[this](server_request& request) { return act(request); }, {}, &time};
    std::vector<std::unique_ptr<blocking_client>> others;
};

TEST_F(http_server_busy, answers_one_request_after_another) {
    blocking_client client(server.port);
    for (int i = 0; i < 5; ++i) {
        client.send(get_now);
        EXPECT_THAT(client.read_answer(), HasSubstr("released"));
    }
    client.send(std::string(get_now) + std::string(get_now));
    EXPECT_THAT(client.read_answer(), HasSubstr("released"));
    EXPECT_THAT(client.read_answer(), HasSubstr("released"));
}

TEST_F(http_server_busy, takes_a_head_and_a_body_in_pieces) {
    blocking_client client(server.port);
    for (const std::string_view piece :
         {"POST /now HT", "TP/1.1\r\nHost: a\r\nContent-Len", "gth: 4\r\n\r\nab"}) {
        client.send(piece);
        server.on_loop([] {});
    }
    client.send("cd");
    EXPECT_THAT(client.read_answer(), HasSubstr("released"));
    client.send(get_now);
    EXPECT_THAT(client.read_answer(), HasSubstr("released"));
}

TEST_F(http_server_busy, ends_a_silent_connection_in_time) {
    blocking_client client(server.port, get_now);
    client.read_answer();
    server.advance(seconds(75) - milliseconds(1));
    EXPECT_EQ(server.connections(), many + 1U);
    server.advance(milliseconds(1));
    EXPECT_EQ(client.read_all(), "");
    EXPECT_TRUE(client.ended());
}

TEST_F(http_server_busy, refuses_a_slow_head_in_time) {
    blocking_client client(server.port, std::string(get_now) + "GET /slow HT");
    client.read_answer();
    server.advance(seconds(10));
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 Request Timeout"));
}

TEST_F(http_server_busy, notices_who_leaves) {
    {
        blocking_client client(server.port, get_now);
        client.read_answer();
    }
    EXPECT_TRUE(server.wait_for_connections(many));
    others.pop_back();
    for (int i = 0; i < 1000 && held.cancelled == 0; ++i)
        server.advance(milliseconds(10));
    EXPECT_EQ(held.cancelled, 1);
    EXPECT_TRUE(server.wait_for_connections(many - 1));
}

TEST_F(http_server_busy, closes_what_is_idle_when_it_drains) {
    blocking_client client(server.port, get_now);
    client.read_answer();
    server.drain();
    EXPECT_EQ(client.read_all(), "");
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(server.wait_for_connections(many));
}

TEST_F(http_server_busy, closes_who_is_idle_since_this_turn_when_it_drains) {
    blocking_client client(server.port, "GET /drain HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(server.wait_for_connections(many));
}

TEST_F(http_server_busy, ends_a_connection_whose_time_is_up_in_this_turn) {
    blocking_client client(server.port, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(client.ended());
}

TEST_F(http_server_busy, tells_a_reader_that_it_was_cancelled) {
    blocking_client client(server.port,
                           "POST /give-up HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    EXPECT_THAT(client.read_until("cancelled"), HasSubstr("cancelled"));
}

TEST_F(http_server_busy, stops_whatever_is_under_way) {
    std::vector<std::unique_ptr<blocking_client>> more;
    for (int i = 0; i < 20; ++i)
        more.push_back(std::make_unique<blocking_client>(server.port, get_now));
    held.wait_until_held(many + 20);
    server.stop();
    EXPECT_TRUE(server.wait_for_connections(0));
}

}  // namespace
}  // namespace symphony::net::server_test
