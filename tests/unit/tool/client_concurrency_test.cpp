#include "symphony/testing/local_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

// Concurrency limits and hedges beside what a client goes through: threads, reloads and its end.

namespace symphony {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using symphony::testing::local_server;
using symphony::testing::make_response;
using ::testing::HasSubstr;

tool_options tool_of(endpoint_options endpoint) {
    tool_options made;
    made.name = "t";
    made.external_apis.push_back({"api", std::move(endpoint)});
    return made;
}

/// Answers once `go` is set; a client that leaves is not answered.
local_server held_server(const std::atomic<bool>& go) {
    return local_server::with_coroutine([&go](net::server_request&) -> asio::awaitable<response> {
        asio::steady_timer tick(co_await asio::this_coro::executor);
        while (!go) {
            tick.expires_after(1ms);
            co_await tick.async_wait(asio::use_awaitable);
        }
        co_return make_response(200);
    });
}

endpoint_options limited(const local_server& server, std::uint32_t max, std::size_t queue) {
    endpoint_options options;
    options.url = server.url();
    options.concurrency = concurrency_options{.max = max, .max_queue_size = queue};
    return options;
}

endpoint_status::concurrency_status seen(const client& calls) {
    return calls.status().at(0).endpoints.at(0).concurrency.value();
}

template <class Condition>
void wait_until(Condition condition) {
    while (!condition())
        std::this_thread::yield();
}

TEST(client_concurrency, threads_share_one_limit_and_its_queue) {
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    local_server server =
        local_server::with_coroutine([&](net::server_request&) -> asio::awaitable<response> {
            const int now = ++inside;
            most = std::max(most.load(), now);
            asio::steady_timer pause(co_await asio::this_coro::executor, 1ms);
            co_await pause.async_wait(asio::use_awaitable);
            --inside;
            co_return make_response(200);
        });
    client calls({.threads = 4});
    calls.tools().create(tool_of(limited(server, 3, 1000)));
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 8; ++i) {
        all.push_back(std::async(std::launch::async, [&] {
            for (int n = 0; n < 50; ++n) {
                if (!calls.call_blocking("t", "api", request())) return false;
            }
            return true;
        }));
    }
    for (auto& one : all)
        EXPECT_TRUE(one.get());
    EXPECT_EQ(most, 3);
    EXPECT_EQ(seen(calls).in_flight, 0u);
}

TEST(client_concurrency, a_reload_keeps_those_in_flight_and_lets_more_in) {
    std::atomic<bool> go{false};
    local_server server = held_server(go);
    client calls({.threads = 2});
    calls.tools().create(tool_of(limited(server, 1, 10)));
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(std::async(std::launch::async, [&] {
            return calls.call_blocking("t", "api", request()).has_value();
        }));
    }
    wait_until([&] { return seen(calls).queued == 2; });
    EXPECT_EQ(seen(calls).in_flight, 1u);
    ASSERT_TRUE(calls.replace_tools({tool_of(limited(server, 2, 10))}));
    wait_until([&] { return seen(calls).in_flight == 2; });
    EXPECT_EQ(seen(calls).limit, 2u);
    ASSERT_TRUE(calls.replace_tools({tool_of(limited(server, 1, 0))}));
    EXPECT_EQ(seen(calls).in_flight, 2u);
    EXPECT_EQ(calls.call_blocking("t", "api", request()).error().kind, error_kind::overloaded);
    go = true;
    for (auto& one : all)
        EXPECT_TRUE(one.get());
    EXPECT_EQ(seen(calls).in_flight, 0u);
}

TEST(client_concurrency, shows_in_status_and_metrics) {
    std::atomic<bool> go{true};
    local_server server = held_server(go);
    client calls({.threads = 1});
    endpoint_options options = limited(server, 7, 0);
    options.hedge.emplace();
    calls.tools().create(tool_of(options));
    ASSERT_TRUE(calls.call_blocking("t", "api", request()));
    EXPECT_EQ(seen(calls).limit, 7u);
    EXPECT_FALSE(seen(calls).adaptive);
    const std::string text = write_metrics(calls.metrics(), exposition::prometheus);
    const std::string labels = R"({tool="t",endpoint="api")";
    EXPECT_THAT(text, HasSubstr("symphony_concurrency_limit" + labels + "} 7\n"));
    EXPECT_THAT(text, HasSubstr("symphony_concurrency_in_flight" + labels + "} 0\n"));
    EXPECT_THAT(text, HasSubstr("symphony_concurrency_queue_length" + labels + "} 0\n"));
    EXPECT_THAT(text, HasSubstr("symphony_concurrency_rejected_total" + labels + "} 0\n"));
    EXPECT_THAT(text, HasSubstr("symphony_concurrency_wait_seconds_count" + labels + "} 1\n"));
    EXPECT_THAT(text, HasSubstr("symphony_hedges_total" + labels + R"(,result="won"} 0)"));
    options.concurrency = concurrency_options{.adaptive = true};
    options.hedge.reset();
    ASSERT_TRUE(calls.replace_tools({tool_of(options)}));
    EXPECT_EQ(seen(calls).limit, 20u);
    EXPECT_TRUE(seen(calls).adaptive);
    options.concurrency.reset();
    ASSERT_TRUE(calls.replace_tools({tool_of(options)}));
    EXPECT_FALSE(calls.status()[0].endpoints[0].concurrency);
    EXPECT_THAT(write_metrics(calls.metrics(), exposition::prometheus),
                ::testing::Not(HasSubstr("symphony_concurrency_limit")));
}

TEST(client_concurrency, impossible_options_are_refused_by_name) {
    client calls({.threads = 1});
    endpoint_options options;
    options.url = "http://x";
    options.concurrency.emplace();
    EXPECT_THAT(calls.replace_tools({tool_of(options)}).error().message,
                HasSubstr("t.api: concurrency: max must be 1 to 1000000"));
    options.concurrency.reset();
    options.hedge.emplace().max = 0;
    EXPECT_THAT(calls.replace_tools({tool_of(options)}).error().message,
                HasSubstr("t.api: hedge: max must be 1 to 3"));
    options.hedge.reset();
    options.failure_conditions.emplace_back([](const attempt_failure&) { return true; });
    EXPECT_THAT(calls.replace_tools({tool_of(options)}).error().message,
                HasSubstr("there is no circuit breaker"));
}

// On an executor of the user's, which goes on after the client.
struct own_loop {
    asio::io_context loop{1};
    asio::executor_work_guard<asio::io_context::executor_type> busy = make_work_guard(loop);
    std::unique_ptr<client> calls =
        std::make_unique<client>(client_options{.executor = loop.get_executor()});
    std::vector<std::optional<result<response>>> outcomes{3};

    void start_all() {
        for (auto& to : outcomes) {
            asio::co_spawn(loop, calls->call("t", "api", request()),
                           [&to](const std::exception_ptr& fault, result<response> got) {
                               EXPECT_FALSE(fault);
                               to = std::move(got);
                           });
        }
    }
    [[nodiscard]] bool all_ended() const {
        return std::ranges::all_of(outcomes, [](const auto& one) { return one.has_value(); });
    }
};

TEST(client_concurrency, the_client_may_go_at_any_moment) {
    const std::atomic<bool> never{false};
    local_server server = held_server(never);
    for (int moment = 0; moment < 40; ++moment) {
        SCOPED_TRACE(moment);
        own_loop own;
        endpoint_options options = limited(server, 2, 10);
        options.hedge.emplace().after = 1ms;
        own.calls->tools().create(tool_of(options));
        own.start_all();
        for (int turn = 0; turn < moment; ++turn)
            own.loop.run_one_for(2ms);
        own.calls->shut_down(0ms);
        for (int turn = 0; turn < 1000 && !own.all_ended(); ++turn)
            own.loop.run_one_for(5ms);
        ASSERT_TRUE(own.all_ended()) << "a call goes on for ever";
        for (const auto& one : own.outcomes) {
            ASSERT_FALSE(*one);
            EXPECT_EQ(one->error().kind, error_kind::cancelled);
        }
        own.calls.reset();
        own.loop.poll();
    }
}

}  // namespace
}  // namespace symphony
