#include "unit/net/blocking_client.hpp"
#include "unit/net/gate.hpp"
#include "unit/net/running_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>

namespace symphony::net::server_test {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view get_now = "GET /now HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(http_server_lifetime, a_client_that_leaves_cancels_its_handler) {
    for (const bool reset : {false, true}) {
        gate held;
        running_server server(held.handler());
        blocking_client client(server.port, get);
        held.wait_until_held();
        reset ? client.reset() : client.close();
        held.cancelled.wait(0);
        EXPECT_TRUE(server.wait_for_connections(0));
    }
}

TEST(http_server_lifetime, a_client_that_leaves_behind_unread_input_is_noticed_too) {
    gate held;
    running_server server(held.handler());
    blocking_client client(server.port, std::string(get) + std::string(get));
    client.send(std::string(8192, 'x'));
    held.wait_until_held();
    client.close();
    held.cancelled.wait(0);
    EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(http_server_lifetime, a_patient_client_is_answered_after_many_looks) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    blocking_client client(server.port, std::string(get) + std::string(get_now));
    held.wait_until_held();
    for (int i = 0; i < 20; ++i)
        server.advance(milliseconds(300));
    server.on_loop([&] { held.open->cancel(); });
    EXPECT_THAT(client.read_answer(), HasSubstr("released"));
    EXPECT_THAT(client.read_answer(), HasSubstr("released"));
    EXPECT_EQ(held.cancelled, 0);
}

TEST(http_server_lifetime, a_slow_head_gets_408) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    blocking_client client(server.port, std::string(get_now) + "GET /slow HT");
    client.read_answer();
    server.advance(seconds(10) - milliseconds(1));
    EXPECT_EQ(server.connections(), 1U);
    server.advance(milliseconds(1));
    EXPECT_THAT(client.read_all(),
                AllOf(StartsWith("HTTP/1.1 408 Request Timeout"), HasSubstr("Connection: close")));
}

TEST(http_server_lifetime, a_silent_connection_is_closed_without_a_word) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    blocking_client fresh(server.port, "");
    ASSERT_TRUE(server.wait_for_connections(1));
    server.advance(seconds(10));
    EXPECT_EQ(fresh.read_all(), "");
    EXPECT_TRUE(fresh.ended());

    blocking_client idle(server.port, get_now);
    idle.read_answer();
    server.advance(seconds(75) - milliseconds(1));
    EXPECT_EQ(server.connections(), 1U);
    server.advance(milliseconds(1));
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_TRUE(server.wait_for_connections(0));
}

// What a handler is told that reads a body which stops coming; `limit` is its own, if it sets one.
std::string told_after(std::chrono::seconds wait, std::optional<std::chrono::seconds> limit) {
    hand_time time;
    std::atomic<bool> reading{false};
    running_server server(
        [&](server_request& request) -> asio::awaitable<response> {
            if (limit) request.body_until = time.now() + *limit;
            reading = true;
            reading.notify_all();
            const result<std::string_view> piece = co_await request.body->read();
            response answer;
            answer.status = piece ? 200 : 504;
            if (!piece) answer.body = to_string(piece.error().kind);
            co_return answer;
        },
        {}, &time);
    blocking_client client(server.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    reading.wait(false);
    server.advance(wait);
    return client.read_all();
}

TEST(http_server_lifetime, a_body_that_stops_coming_is_a_timeout) {
    EXPECT_THAT(told_after(seconds(75), {}),
                AllOf(StartsWith("HTTP/1.1 504"), HasSubstr("timeout")));
}

TEST(http_server_lifetime, a_handler_can_set_a_limit_to_the_waits_for_a_body) {
    EXPECT_THAT(told_after(seconds(2), seconds(2)),
                AllOf(StartsWith("HTTP/1.1 504"), HasSubstr("timeout")));
}

TEST(http_server_lifetime, a_client_that_reads_nothing_is_dropped) {
    hand_time time;
    running_server server(
        [](server_request&) -> asio::awaitable<response> {
            response answer;
            answer.status = 200;
            answer.body.assign(64 << 20, 'x');
            co_return answer;
        },
        {}, &time);
    blocking_client client(server.port, 4096);
    client.send(get);
    client.read_until("\r\n\r\n");
    for (int i = 0; i < 1000 && server.connections() > 0; ++i)
        server.advance(seconds(1));
    EXPECT_EQ(server.connections(), 0U);
}

TEST(http_server_lifetime, connections_beyond_the_limit_are_closed) {
    gate held;
    running_server server(held.handler(), {.max_connections = 1});
    blocking_client first(server.port, get_now);
    first.read_answer();
    blocking_client second(server.port);
    EXPECT_EQ(second.read_all(), "");
    first.close();
    ASSERT_TRUE(server.wait_for_connections(0));
    EXPECT_THAT(blocking_client(server.port, get_now).read_answer(), HasSubstr("released"));
}

TEST(http_server_lifetime, drains) {
    gate held;
    running_server server(held.handler());
    blocking_client idle(server.port, get_now);
    idle.read_answer();
    held.held = 0;
    blocking_client busy(server.port, get);
    held.wait_until_held();
    server.drain();
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_FALSE(blocking_client(server.port).connected());
    EXPECT_EQ(server.connections(), 1U);
    server.on_loop([&] { held.open->cancel(); });
    EXPECT_THAT(busy.read_all(), AllOf(HasSubstr("Connection: close"), HasSubstr("released")));
    EXPECT_TRUE(server.wait_for_connections(0));
    EXPECT_EQ(held.cancelled, 0);
}

TEST(http_server_lifetime, answers_what_was_on_its_way_when_draining) {
    gate held;
    running_server server(held.handler());
    blocking_client client(server.port, get_now);
    client.read_answer();
    server.on_loop([&] {
        client.send(get_now);  // in the kernel's buffer, not yet seen by the loop
        server.server->drain();
    });
    EXPECT_THAT(client.read_all(), AllOf(HasSubstr("Connection: close"), HasSubstr("released")));
}

TEST(http_server_lifetime, stops_at_once_and_cancels_handlers) {
    gate held;
    running_server server(held.handler());
    blocking_client client(server.port, get);
    held.wait_until_held();
    server.stop();
    held.cancelled.wait(0);
    EXPECT_EQ(client.read_all(), "");
    EXPECT_TRUE(server.wait_for_connections(0));
    server.stop();
    server.drain();
}

TEST(http_server_lifetime, handlers_may_end_after_the_server) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    blocking_client client(server.port, get);
    held.wait_until_held();
    const std::size_t armed = server.on_loop([&] {
        server.server.reset();
        return time.armed();
    });
    EXPECT_EQ(armed, 0U);
    held.cancelled.wait(0);
    EXPECT_EQ(client.read_all(), "");
}

TEST(http_server_lifetime, may_be_stopped_by_its_own_handler) {
    http_server* self = nullptr;
    running_server server([&self](server_request&) -> asio::awaitable<response> {
        self->stop();
        response answer;
        answer.status = 200;
        co_return answer;
    });
    server.on_loop([&] { self = server.server.get(); });
    blocking_client client(server.port, get);
    EXPECT_EQ(client.read_all(), "");
    EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(http_server_lifetime, is_harmless_when_it_never_listened) {
    asio::io_context loop;
    hand_time time;
    gate held;
    http_server server(loop.get_executor(), time, time, held.handler());
    server.drain();
    server.stop();
    EXPECT_EQ(server.connections(), 0U);
    EXPECT_FALSE(server.listen("127.0.0.1", 0));
}

}  // namespace
}  // namespace symphony::net::server_test
