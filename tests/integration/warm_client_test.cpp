#include "integration/expect_error.hpp"
#include "support/misbehaving_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// Connections in advance, as the owner of a client sees them.

namespace symphony::test_support {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

tool_options tool_at(std::uint16_t port, std::size_t warm) {
    named_endpoint api;
    api.name = "api";
    api.options.url = "http://127.0.0.1:" + std::to_string(port);
    api.options.http.warm_connections = warm;
    tool_options made;
    made.name = "t";
    made.external_apis.push_back(std::move(api));
    return made;
}

bool comes_true(const std::function<bool()>& so) {
    const system_clock time;
    for (const instant end = time.now() + 20s; time.now() < end;) {
        if (so()) return true;
        std::this_thread::yield();
    }
    return false;
}

// Serves as many as the tests ask of one connection.
script patient_server() {
    script made;
    for (int i = 0; i < 6; ++i)
        made.head().send(answer("warm"));
    return made.to_end();
}

TEST(warm_client, has_its_connections_on_every_thread_before_the_first_call) {
    const misbehaving_server server(patient_server());
    client_options options;
    options.threads = 2;
    client calls(std::move(options));
    calls.tools().create(tool_at(server.port(), 3));
    ASSERT_TRUE(comes_true([&] { return server.connections() == 6; }));
    // Those that are there count.
    ASSERT_TRUE(calls.replace_tools({tool_at(server.port(), 3)}));
    boost::asio::io_context loop;
    auto done = boost::asio::co_spawn(loop, calls.warm_up("t", "api"), boost::asio::use_future);
    loop.run();
    EXPECT_TRUE(done.get());
    EXPECT_EQ(server.connections(), 6U);
    for (int i = 0; i < 4; ++i) {
        const result<response> got = calls.call_blocking("t", "api", request("/"));
        ASSERT_TRUE(answered(got));
        EXPECT_EQ(got->body, "warm");
    }
    EXPECT_EQ(server.connections(), 6U) << "the calls came to one that was open";
}

TEST(warm_client, is_warmed_on_demand) {
    const misbehaving_server server(patient_server());
    client_options options;
    options.threads = 2;
    client calls(std::move(options));
    calls.tools().create(tool_at(server.port(), 0));
    boost::asio::io_context loop;
    auto done = boost::asio::co_spawn(loop, calls.warm_up("t", "api"), boost::asio::use_future);
    auto unknown = boost::asio::co_spawn(loop, calls.warm_up("t", "no"), boost::asio::use_future);
    loop.run();
    EXPECT_TRUE(done.get());
    EXPECT_EQ(unknown.get().error().kind, error_kind::not_found);
    // The system takes them before the server does.
    EXPECT_TRUE(comes_true([&] { return server.connections() == 2; })) << "one a thread";
    EXPECT_TRUE(answered(calls.call_blocking("t", "api", request("/"))));
    EXPECT_EQ(server.connections(), 2U);
}

TEST(warm_client, leaves_its_caller_open_to_cancellation) {
    const misbehaving_server server(patient_server());
    client calls;
    calls.tools().create(tool_at(server.port(), 0));
    asio::io_context loop;
    asio::cancellation_signal stop;
    bool warm = false, ended = false;
    const auto wait_for_ever = [&]() -> asio::awaitable<void> {
        warm = (co_await calls.warm_up("t", "api")).has_value();
        asio::steady_timer never(co_await asio::this_coro::executor, 1h);
        asio::post(loop, [&] { stop.emit(asio::cancellation_type::terminal); });
        co_await never.async_wait(asio::use_awaitable);
    };
    asio::co_spawn(loop, wait_for_ever(),
                   asio::bind_cancellation_slot(stop.slot(),
                                                [&](const std::exception_ptr&) { ended = true; }));
    loop.run_for(20s);
    EXPECT_TRUE(warm);
    EXPECT_TRUE(ended);
}

TEST(warm_client, starts_all_the_same_when_nobody_is_there) {
    std::uint16_t port = 0;
    {
        const misbehaving_server gone{script()};
        port = gone.port();
    }
    std::mutex mutex;
    std::vector<event> told;
    client_options options;
    options.threads = 1;
    options.events = [&](const event& one) {
        const std::lock_guard lock(mutex);
        if (one.name == "transport.warm_up") told.push_back(one);
    };
    client calls(std::move(options));
    calls.tools().create(tool_at(port, 2));
    ASSERT_TRUE(comes_true([&] {
        const std::lock_guard lock(mutex);
        return !told.empty();
    }));
    const std::lock_guard lock(mutex);
    EXPECT_EQ(told[0].level, severity::warn);
    EXPECT_EQ(told[0].tool, "t");
    EXPECT_EQ(told[0].endpoint, "api");
    EXPECT_THAT(told[0].message, ::testing::HasSubstr("no connection to 127.0.0.1"));
}

TEST(warm_client, may_go_while_it_warms_up) {
    const misbehaving_server server(script().to_end());  // plain, and silent
    for (const bool guest : {false, true}) {
        boost::asio::io_context loop;
        client_options options;
        options.threads = 1;
        if (guest) options.executor = loop.get_executor();
        {
            client calls(std::move(options));
            tool_options tool = tool_at(server.port(), 4);
            tool.external_apis[0].options.url =
                "https://127.0.0.1:" + std::to_string(server.port());
            const std::size_t before = server.connections();
            calls.tools().create(std::move(tool));
            ASSERT_TRUE(comes_true([&] {
                loop.restart();
                loop.poll();
                return server.connections() > before;
            }));
        }
        loop.restart();
        loop.poll();
    }
}

}  // namespace
}  // namespace symphony::test_support
