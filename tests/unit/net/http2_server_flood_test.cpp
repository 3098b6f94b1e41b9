#include "unit/net/gate.hpp"
#include "unit/net/http2_test_client.hpp"
#include "unit/net/running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

// Clients that flood, each frame of theirs being sound.

namespace symphony::net::server_test {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;

// CVE-2023-44487
TEST(http2_server_flood, rapid_resets_are_not_borne) {
    for (const std::uint32_t code : {NGHTTP2_CANCEL, NGHTTP2_NO_ERROR}) {
        hand_time time;
        gate held;
        running_server server(held.handler(), {}, &time);
        http2_test_client client(server.port);
        std::string all;
        for (std::uint32_t id = 1; id < 2 * 210; id += 2)
            all += client.get(id) + h2::reset_of(id, code);
        client.send(all);
        client.hear_all();
        EXPECT_EQ(client.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    }
}

TEST(http2_server_flood, resets_now_and_then_are_fine) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    http2_test_client client(server.port);
    std::uint32_t id = 1;
    for (int minute = 0; minute < 5; ++minute) {
        std::string all;
        for (int i = 0; i < 100; ++i, id += 2)
            all += client.get(id, "/now") + h2::reset_of(id, NGHTTP2_CANCEL);
        client.send(all + client.get(id, "/now"));
        EXPECT_EQ(client.answer(id).status, 200);
        id += 2;
        server.advance(seconds(10));
    }
    EXPECT_FALSE(client.goaway);
}

TEST(http2_server_flood, answers_that_are_taken_make_up_for_resets) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    http2_test_client client(server.port);
    for (std::uint32_t id = 1; id < 4 * 500; id += 4) {
        client.send(client.get(id) + h2::reset_of(id, NGHTTP2_CANCEL) + client.get(id + 2, "/now"));
        ASSERT_EQ(client.answer(id + 2).status, 200);
    }
    EXPECT_FALSE(client.goaway);
}

// CVE-2025-8671: it is the server that is made to reset.
TEST(http2_server_flood, resets_that_are_provoked_count_too) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    http2_test_client client(server.port);
    for (std::uint32_t id = 1; id < 2 * 210 && !client.over; id += 2) {
        client.send(client.post(id) + client.window(id, 0x7fffffff));
        if (!client.goaway) client.answer(id);
    }
    client.hear_all();
    EXPECT_EQ(client.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST(http2_server_flood, handlers_that_outlive_their_streams_are_bounded) {
    std::atomic<int> running{0};
    asio::steady_timer* end = nullptr;
    running_server server(
        [&](server_request& request) -> asio::awaitable<response> {
            // Nothing moves it: it is in the middle of something.
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
            asio::steady_timer never(co_await asio::this_coro::executor);
            never.expires_at(asio::steady_timer::time_point::max());
            end = &never;
            ++running;
            if (request.target != "/now") co_await never.async_wait(asio::use_awaitable);
            response answer;
            answer.status = 200;
            co_return answer;
        },
        {.max_streams = 2});
    http2_test_client client(server.port);
    for (std::uint32_t id = 1; id < 9; id += 2) {
        client.send(client.get(id));
        while (running < static_cast<int>(id / 2 + 1))
            std::this_thread::yield();
        client.send(h2::reset_of(id, NGHTTP2_CANCEL));
    }
    client.send(client.get(9));
    EXPECT_EQ(client.answer(9).reset, NGHTTP2_REFUSED_STREAM);
    EXPECT_EQ(running, 4);
}

TEST(http2_server_flood, floods_are_not_borne) {
    std::string empty_data;
    for (int i = 0; i < 11'000; ++i)
        empty_data += h2::body(1, "", 0);
    const auto many = [](const std::string& frame) {
        std::string all;
        for (int i = 0; i < 11'000; ++i)
            all += frame;
        return all;
    };
    const std::string priority(5, '\x01');
    for (const std::string& flood :
         {empty_data, many(h2::frame(frame_type::ping, 0, 0, "12345678")), many(h2::settings()),
          many(h2::frame(frame_type::settings, 1, 0)),
          many(h2::frame(static_cast<frame_type>(2), 0, 1, priority)),
          many(h2::frame(static_cast<frame_type>(0x42), 0, 0, "unknown")),
          many(h2::frame(frame_type::data, 8, 1, std::string("\3\0\0\0", 4))),
          many(http2_test_client::window(1, 1))}) {
        hand_time time;
        gate held;
        running_server server(held.handler(), {}, &time);
        http2_test_client client(server.port);
        client.send(client.post(1));
        client.send(flood);
        client.hear_all();
        EXPECT_TRUE(client.over);
        EXPECT_NE(client.goaway.value_or(NGHTTP2_ENHANCE_YOUR_CALM), NGHTTP2_NO_ERROR);
        EXPECT_TRUE(client.goaway || client.wire.ended()) << "our patience ended, not the server's";
        client.wire.close();
        EXPECT_TRUE(server.wait_for_connections(0));
    }
}

TEST(http2_server_flood, continuation_without_end_is_not_borne) {
    gate held;
    running_server server(held.handler());
    for (const std::string& piece : {std::string(), h2::field("a", std::string(100, 'x'))}) {
        http2_test_client client(server.port);
        client.send(h2::head(1, client.head_block("GET", "/"), 0));
        std::string all;
        for (int i = 0; i < 11'000; ++i)
            all += h2::frame(frame_type::continuation, 0, 1, piece);
        client.send(all);
        client.hear_all();
        EXPECT_TRUE(client.over);
        client.wire.close();
        EXPECT_TRUE(server.wait_for_connections(0));
        EXPECT_EQ(held.held, 0);
    }
}

TEST(http2_server_flood, questions_whose_answers_nobody_reads_end_the_connection) {
    hand_time time;
    gate held;
    running_server server(held.handler(), {}, &time);
    http2_test_client client(server.port, {}, 4096);
    const std::string ping = h2::frame(frame_type::ping, 0, 0, "12345678");
    std::string all;
    for (int i = 0; i < 1000; ++i)
        all += ping;
    // The kernels' buffers hold a lot; the server holds little more.
    for (int i = 0; i < 1000 && client.send(all + client.get(2 * i + 1, "/now")); ++i) {
    }
    EXPECT_TRUE(server.wait_for_connections(0));
}

}  // namespace
}  // namespace symphony::net::server_test
