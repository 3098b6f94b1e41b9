#include "unit/net/gate.hpp"
#include "unit/net/http2_test_client.hpp"
#include "unit/net/running_server.hpp"

#include <gtest/gtest.h>

#include <string>

// How streams, handlers and connections of HTTP/2 end.

namespace symphony::net::server_test {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(http2_server_lifetime, a_stream_that_is_reset_cancels_its_handler_only) {
    gate held;
    running_server server(held.handler());
    http2_test_client client(server.port);
    client.send(client.get(1));
    held.wait_until_held();
    client.send(client.get(3));
    held.wait_until_held(2);
    client.send(h2::reset_of(1, NGHTTP2_CANCEL));
    held.wait_until_cancelled();
    server.on_loop([&] { held.open->cancel(); });
    EXPECT_EQ(client.answer(3).body, "released");
    EXPECT_EQ(held.cancelled, 1);
    EXPECT_FALSE(client.goaway);
}

TEST(http2_server_lifetime, a_connection_that_is_lost_cancels_all_handlers) {
    for (const int how : {0, 1, 2}) {
        gate held;
        running_server server(held.handler());
        http2_test_client client(server.port);
        client.send(client.get(1) + client.get(3) + client.get(5));
        held.wait_until_held(3);
        if (how == 0) client.wire.close();
        if (how == 1) client.wire.reset();
        if (how == 2) client.wire.end_sending();
        held.wait_until_cancelled(3);
        EXPECT_TRUE(server.wait_for_connections(0));
    }
}

TEST(http2_server_lifetime, a_request_that_is_reset_in_the_same_breath_never_begins) {
    gate held;
    running_server server(held.handler());
    http2_test_client client(server.port);
    client.send(client.get(1) + h2::reset_of(1, NGHTTP2_CANCEL) + client.get(3, "/now"));
    EXPECT_EQ(client.answer(3).status, 200);
    EXPECT_EQ(held.held, 1);
}

TEST(http2_server_lifetime, draining_lets_streams_finish) {
    gate held;
    running_server server(held.handler());
    http2_test_client idle(server.port);
    http2_test_client busy(server.port);
    idle.send(idle.get(1, "/now"));
    idle.answer(1);
    busy.send(busy.get(1));
    held.wait_until_held(2);
    server.drain();
    idle.hear_all();
    EXPECT_EQ(idle.goaway, NGHTTP2_NO_ERROR);
    EXPECT_EQ(idle.goaway_last, 1U);
    EXPECT_TRUE(idle.wire.ended());
    ASSERT_TRUE(busy.hear_until([&] { return busy.goaway.has_value(); }));
    EXPECT_EQ(busy.goaway_last, 1U);
    busy.send(busy.get(3, "/now"));  // on its way when the word came: not processed
    busy.send(h2::frame(frame_type::ping, 0, 0, "12345678"));
    ASSERT_TRUE(busy.hear_until([&] { return busy.pings == 1; }));
    EXPECT_EQ(held.held, 2);
    server.on_loop([&] { held.open->cancel(); });
    EXPECT_EQ(busy.answer(1).body, "released");
    busy.hear_all();
    EXPECT_TRUE(busy.wire.ended());
    idle.wire.close();
    busy.wire.close();
    EXPECT_TRUE(server.wait_for_connections(0));
    EXPECT_EQ(held.cancelled, 0);
}

TEST(http2_server_lifetime, stopping_cancels_all) {
    gate held;
    running_server server(held.handler());
    http2_test_client client(server.port);
    client.send(client.get(1) + client.get(3));
    held.wait_until_held(2);
    server.stop();
    held.wait_until_cancelled(2);
    client.hear_all();
    EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(http2_server_lifetime, handlers_may_end_after_the_server) {
    hand_time time;
    gate held;
    running_server server(
        [&](server_request& request) -> asio::awaitable<response> {
            response answer = co_await held.hold(request);
            if (request.target == "/now") EXPECT_FALSE(co_await request.body->read());
            co_return answer;
        },
        {}, &time);
    http2_test_client client(server.port);
    client.send(client.post(1) + client.post(3, "/now"));
    held.wait_until_held(2);
    const std::size_t armed = server.on_loop([&] {
        server.server.reset();
        return time.armed();
    });
    EXPECT_EQ(armed, 0U);
    held.wait_until_cancelled();
    client.hear_all();
}

TEST(http2_server_lifetime, may_be_stopped_by_its_own_handler) {
    http_server* self = nullptr;
    running_server server([&self](server_request&) -> asio::awaitable<response> {
        self->stop();
        response answer;
        answer.status = 200;
        co_return answer;
    });
    server.on_loop([&] { self = server.server.get(); });
    http2_test_client client(server.port);
    client.send(client.get(1) + client.get(3));
    client.hear_all();
    EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(http2_server_lifetime, a_client_that_says_goodbye_gets_what_it_asked_for) {
    gate held;
    running_server server(held.handler());
    http2_test_client client(server.port);
    client.send(client.get(1) + h2::goaway(0));
    held.wait_until_held();
    server.on_loop([&] { held.open->cancel(); });
    EXPECT_EQ(client.answer(1).body, "released");
    client.hear_all();
    EXPECT_TRUE(client.wire.ended());
}

TEST(http2_server_lifetime, a_connection_without_streams_is_ended) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    http2_test_client client(server.port);
    client.send(client.get(1, "/now"));
    client.answer(1);
    server.advance(seconds(74));
    client.send(h2::frame(frame_type::ping, 0, 0, "12345678"));  // is no stream
    ASSERT_TRUE(client.hear_until([&] { return client.pings == 1; }));
    EXPECT_FALSE(client.goaway);
    server.advance(seconds(1));
    client.hear_all();
    EXPECT_EQ(client.goaway, NGHTTP2_NO_ERROR);
    EXPECT_TRUE(client.wire.ended());
}

TEST(http2_server_lifetime, a_stream_under_way_is_no_idleness) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    http2_test_client client(server.port);
    client.send(client.get(1));
    held.wait_until_held();
    server.advance(seconds(1000));
    server.on_loop([&] { held.open->cancel(); });
    EXPECT_EQ(client.answer(1).body, "released");
    EXPECT_FALSE(client.goaway);
}

TEST(http2_server_lifetime, heads_and_settings_have_their_time) {
    // What comes, and how the server takes leave once the time for it is over.
    const std::string magic = NGHTTP2_CLIENT_MAGIC;
    const std::string part =
        h2::head(1, http2_test_client::head_block("GET", "/"), 0);  // no END_HEADERS
    struct {
        std::string said;
        std::uint32_t code;
    } const cases[] = {{magic, NGHTTP2_SETTINGS_TIMEOUT},
                       {magic + h2::settings() + part, NGHTTP2_ENHANCE_YOUR_CALM},
                       {magic + h2::settings() + part.substr(0, 20), NGHTTP2_ENHANCE_YOUR_CALM}};
    for (const auto& one : cases) {
        hand_time time;
        gate held;
        running_server server(held.handler(), {}, &time);
        blocking_client client(server.port, one.said);
        client.read_until(one.said.size() > magic.size() ? std::string("\0\0\0\x04\x01", 5)
                                                         : std::string("\0\0\0\0\0", 5));
        server.advance(seconds(10) - milliseconds(1));
        EXPECT_EQ(server.connections(), 1U);
        server.advance(milliseconds(1));
        const std::string last = client.read_all();
        EXPECT_TRUE(last.ends_with(h2::number32(one.code)));
        EXPECT_EQ(held.held, 0);
    }
}

TEST(http2_server_lifetime, a_part_of_the_preface_has_its_time) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    blocking_client client(server.port, "PRI * HTTP/2.0\r\n\r\nSM");
    ASSERT_TRUE(server.wait_for_connections(1));
    for (int i = 0; i < 20; ++i)
        server.advance(seconds(1));
    client.read_all();
    EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(http2_server_lifetime, a_stream_whose_window_stays_closed_is_ended) {
    hand_time time;
    running_server server(
        [](server_request&) -> asio::awaitable<response> {
            response answer;
            answer.status = 200;
            answer.body.assign(100'000, 'x');  // the window is 65 535
            co_return answer;
        },
        {}, &time);
    http2_test_client client(server.port);
    client.send(client.get(1));
    ASSERT_TRUE(client.hear_until([&] { return client.streams[1].body.size() == 65'535; }));
    server.advance(seconds(29));
    client.send(client.window(0, 1000) + client.window(1, 1000));
    ASSERT_TRUE(client.hear_until([&] { return client.streams[1].body.size() == 66'535; }));
    server.advance(seconds(29));
    EXPECT_FALSE(client.streams[1].reset);
    server.advance(seconds(1));
    EXPECT_EQ(client.answer(1).reset, NGHTTP2_CANCEL);
    EXPECT_FALSE(client.goaway);
}

TEST(http2_server_lifetime, a_client_that_reads_nothing_is_dropped) {
    hand_time time;
    running_server server(
        [](server_request&) -> asio::awaitable<response> {
            response answer;
            answer.status = 200;
            answer.body.assign(64 << 20, 'x');
            co_return answer;
        },
        {}, &time);
    http2_test_client client(server.port, {}, 4096);
    client.send(client.window(0, 1 << 30) + client.get(1) + client.window(1, 1 << 30));
    ASSERT_TRUE(client.hear_until([&] { return client.streams[1].status == 200; }));
    for (int i = 0; i < 1000 && server.connections() > 0; ++i)
        server.advance(seconds(1));
    EXPECT_EQ(server.connections(), 0U);
}

TEST(http2_server_lifetime, a_body_that_stops_coming_is_a_timeout) {
    hand_time time;
    gate held;
    running_server server(
        [&](server_request& request) -> asio::awaitable<response> {
            if (request.target == "/limited") request.body_until = time.now() + seconds(2);
            ++held.held;
            held.held.notify_all();
            const auto piece = co_await request.body->read();
            response answer;
            answer.status = 504;
            answer.body = piece ? "?" : to_string(piece.error().kind);
            co_return answer;
        },
        {}, &time);
    http2_test_client client(server.port);
    client.send(client.post(1) + client.post(3, "/limited"));
    held.wait_until_held(2);
    server.advance(seconds(2));
    EXPECT_EQ(client.answer(3).body, "timeout");
    server.advance(seconds(73));
    EXPECT_EQ(client.answer(1).body, "timeout");
}

}  // namespace
}  // namespace symphony::net::server_test
