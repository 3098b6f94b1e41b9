#include "symphony/testing/local_server.hpp"

#include "unit/net/blocking_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <utility>

namespace symphony::testing {
namespace {

namespace asio = boost::asio;
using net::server_test::blocking_client;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(local_server, answers_with_its_handler) {
    const local_server server(
        [](net::server_request& r) { return make_response(201, "\"" + r.target + "\""); });
    EXPECT_EQ(server.url(), "http://127.0.0.1:" + std::to_string(server.port()));
    EXPECT_EQ(server.requests(), 0U);
    blocking_client client(server.port(), get);
    EXPECT_THAT(client.read_answer(),
                AllOf(StartsWith("HTTP/1.1 201"), HasSubstr("content-type: application/json\r\n"),
                      EndsWith("\r\n\r\n\"/a\"")));
    EXPECT_EQ(server.requests(), 1U);
}

TEST(local_server, may_be_moved) {
    local_server first([](net::server_request&) { return make_response(204); });
    const local_server second(std::move(first));
    EXPECT_THAT(blocking_client(second.port(), get).read_until("\r\n\r\n"),
                StartsWith("HTTP/1.1 204"));
}

TEST(local_server, ends_though_a_handler_is_running) {
    std::atomic<bool> waiting{false};
    std::atomic<bool> cancelled{false};
    {
        const local_server server =
            local_server::with_coroutine([&](net::server_request&) -> asio::awaitable<response> {
                asio::steady_timer never(co_await asio::this_coro::executor);
                never.expires_at(asio::steady_timer::time_point::max());
                waiting = true;
                waiting.notify_all();
                co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
                cancelled = true;
                co_return make_response(200);
            });
        const blocking_client client(server.port(), get);
        waiting.wait(false);
    }
    EXPECT_TRUE(cancelled);
}

TEST(make_response, has_a_content_type_only_with_content) {
    EXPECT_EQ(make_response(200, "x", "text/plain").fields.get("content-type"), "text/plain");
    EXPECT_FALSE(make_response(204).fields.contains("content-type"));
}

}  // namespace
}  // namespace symphony::testing
