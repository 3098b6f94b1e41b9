#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"
#include "symphony/testing/local_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

namespace asio = boost::asio;

constexpr std::size_t calls = 200;
constexpr std::size_t connections = 8;

// Starts them all at once; gives back how many calls waited at most.
std::size_t run_all(client_rig& rig, const client_rig::target_ptr& where,
                    std::vector<std::shared_ptr<pending_call>>& all) {
    for (std::size_t number = 0; number < calls; ++number) {
        outgoing call;
        call.target = "/" + std::to_string(number);
        all.push_back(rig.start(where, std::move(call)));
    }
    std::size_t waiting = 0;
    EXPECT_TRUE(rig.run_until([&] {
        waiting = std::max(waiting, rig.client->look(*where).waiting);
        return std::ranges::all_of(all, [](const auto& call) { return call->outcome.has_value(); });
    }));
    return waiting;
}

TEST(many_calls, share_the_connections_there_may_be) {
    std::atomic<int> at_once{0};
    std::atomic<int> most{0};
    const auto server = testing::local_server::with_coroutine(
        [&](net::server_request& request) -> asio::awaitable<response> {
            most = std::max(most.load(), ++at_once);  // one thread serves
            asio::steady_timer pause(co_await asio::this_coro::executor);
            pause.expires_after(std::chrono::milliseconds(2));
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            --at_once;
            co_return testing::make_response(200, request.target);
        });
    client_rig rig;
    http_options http;
    http.max_connections = connections;
    const auto where = destination_at(server.port(), {}, http);
    std::vector<std::shared_ptr<pending_call>> all;
    EXPECT_EQ(run_all(rig, where, all), calls - connections);
    for (std::size_t number = 0; number < calls; ++number) {
        ASSERT_TRUE(answered(*all[number]->outcome)) << number;
        EXPECT_EQ((*all[number]->outcome)->body, "/" + std::to_string(number));
    }
    EXPECT_LE(most, static_cast<int>(connections));
    const auto seen = rig.client->look(*where);
    EXPECT_EQ(seen.opened, connections);
    EXPECT_EQ(seen.opened + seen.reused, calls);
    EXPECT_EQ(seen.busy, 0U);
    EXPECT_EQ(seen.waiting, 0U);
    EXPECT_EQ(seen.idle, connections);
}

TEST(many_calls, go_on_though_every_connection_ends_early) {
    const nginx server(
        "server { listen @LISTEN@; keepalive_requests 3; location / { return 200 $uri; } }");
    client_rig rig;
    http_options http;
    http.max_connections = connections;
    const auto where = destination_at(server.port(), {}, http);
    std::vector<std::shared_ptr<pending_call>> all;
    run_all(rig, where, all);
    for (std::size_t number = 0; number < calls; ++number) {
        ASSERT_TRUE(answered(*all[number]->outcome)) << number;
        EXPECT_EQ((*all[number]->outcome)->body, "/" + std::to_string(number));
    }
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_GE(rig.client->look(*where).opened, calls / 3);
}

TEST(many_calls, may_be_given_up_in_any_order) {
    const auto server = testing::local_server::with_coroutine(
        [](net::server_request&) -> asio::awaitable<response> {
            asio::steady_timer pause(co_await asio::this_coro::executor);
            pause.expires_after(std::chrono::milliseconds(1));
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            co_return testing::make_response(200, "x");
        });
    client_rig rig;
    http_options http;
    http.max_connections = connections;
    const auto where = destination_at(server.port(), {}, http);
    std::vector<std::shared_ptr<pending_call>> all;
    for (std::size_t number = 0; number < calls; ++number)
        all.push_back(rig.start(where));
    std::size_t next = 0;
    ASSERT_TRUE(rig.run_until([&] {
        // Every third call is cancelled, one with each turn of the loop: while it waits in line, is
        // connecting, is sent, or is over.
        const std::size_t victim = next * 3 % calls;
        if (next++ < calls / 3) {
            all[victim]->cancel.emit(boost::asio::cancellation_type::terminal);
        }
        return std::ranges::all_of(all, [](const auto& call) { return call->outcome.has_value(); });
    }));
    std::size_t good = 0;
    for (const auto& call : all) {
        if (*call->outcome) {
            ++good;
        } else {
            EXPECT_TRUE(failed_as(*call->outcome, error_kind::cancelled));
        }
    }
    EXPECT_GE(good, calls - calls / 3 - 1);
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_EQ(rig.client->look(*where).waiting, 0U);
    EXPECT_LE(rig.client->look(*where).idle, connections);
    EXPECT_TRUE(answered(rig.get(where)));
}

}  // namespace
}  // namespace symphony::test_support
