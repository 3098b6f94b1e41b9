#include "symphony/store/memory_rate_store.hpp"
#include "symphony/testing/local_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// A client that goes while calls of a user's own executor are still waiting.

namespace symphony {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using symphony::testing::local_server;
using symphony::testing::make_response;

struct client_end : ::testing::Test {
    client_end() {
        client_options options;
        options.executor = loop.get_executor();
        options.events = [this](const event& said) {
            retries += said.name == "call.retry" ? 1 : 0;
        };
        options.stores = [this](const redis_options&, const asio::any_io_executor&) {
            return std::make_shared<memory_rate_store>(time);
        };
        calls = std::make_unique<client>(std::move(options));
        asio::co_spawn(loop, listen_only(), asio::detached);
    }
    asio::awaitable<void> listen_only() {
        for (;;) {
            heard.push_back(co_await silent.async_accept(asio::use_awaitable));
            co_await heard.back().async_wait(asio::socket_base::wait_read, asio::use_awaitable);
            ++requests;
        }
    }

    /// An API that takes requests and never answers.
    std::string silent_url() const {
        return fmt::format("http://127.0.0.1:{}/", silent.local_endpoint().port());
    }
    void begin(endpoint_options api, std::size_t how_many) {
        api.timeout = 3h;
        tool_options tool;
        tool.name = "t";
        tool.external_apis.push_back({"e", std::move(api)});
        calls->tools().create(std::move(tool));
        for (std::size_t i = 0; i < how_many; ++i) {
            asio::co_spawn(loop, calls->call("t", "e", request()),
                           [this](const std::exception_ptr& fault, result<response> got) {
                               EXPECT_FALSE(fault);
                               outcomes.push_back(std::move(got));
                           });
        }
    }
    endpoint_status seen() const { return calls->status().front().endpoints.front(); }

    void let_go_when(const std::function<bool()>& waits) {
        while (!waits())
            loop.run_one_for(1ms);
        loop.poll();
        const std::size_t before = outcomes.size();
        calls.reset();
        loop.poll();
        ASSERT_GT(outcomes.size(), before) << "nobody would ever resume it";
        for (std::size_t i = before; i < outcomes.size(); ++i) {
            ASSERT_FALSE(outcomes[i]);
            EXPECT_EQ(outcomes[i].error().kind, error_kind::cancelled);
        }
    }

    system_clock time;
    local_server failing{[](net::server_request&) { return make_response(503); }};
    asio::io_context loop{1};
    asio::executor_work_guard<asio::io_context::executor_type> busy = asio::make_work_guard(loop);
    asio::ip::tcp::acceptor silent{loop, {asio::ip::make_address("127.0.0.1"), 0}};
    std::vector<asio::ip::tcp::socket> heard;
    int requests = 0;
    int retries = 0;
    std::unique_ptr<client> calls;
    std::vector<result<response>> outcomes;
};

TEST_F(client_end, cancels_a_call_that_waits_for_its_next_attempt) {
    endpoint_options api;
    api.url = failing.url();
    api.middleware.error.retry = retry_options{.timing = {.base_delay = 1h, .max_delay = 1h}};
    begin(api, 1);
    let_go_when([&] { return retries > 0; });
    EXPECT_EQ(outcomes.size(), 1u);
}

TEST_F(client_end, cancels_a_call_that_waits_for_its_answer) {
    endpoint_options api;
    api.url = silent_url();
    begin(api, 1);
    let_go_when([&] { return requests == 1; });
    EXPECT_EQ(outcomes.size(), 1u);
}

TEST_F(client_end, cancels_a_call_in_the_queue_of_a_limit) {
    endpoint_options api;
    api.url = failing.url();
    api.rate_limit.emplace().max_requests_per_minute = 1;
    begin(api, 2);
    let_go_when([&] { return seen().rate_limit->view.queued == 1 && outcomes.size() == 1; });
}

TEST_F(client_end, cancels_a_call_in_the_queue_of_a_shared_limit) {
    endpoint_options api;
    api.url = failing.url();
    api.rate_limit.emplace().max_requests_per_minute = 1;
    api.rate_sharing.emplace();
    begin(api, 2);
    let_go_when([&] { return seen().rate_limit->view.queued == 1 && outcomes.size() == 1; });
}

TEST_F(client_end, cancels_a_call_that_waits_for_a_slot) {
    endpoint_options api;
    api.url = silent_url();
    api.concurrency.emplace().max = 1;
    api.concurrency->max_queue_size = 1;
    begin(api, 2);
    let_go_when([&] { return seen().concurrency->queued == 1 && requests == 1; });
    EXPECT_EQ(outcomes.size(), 2u);
}

TEST_F(client_end, cancels_a_call_that_waits_for_a_connection) {
    endpoint_options api;
    api.url = silent_url();
    api.http.max_connections = 1;
    begin(api, 2);
    let_go_when([&] { return requests == 1; });
    EXPECT_EQ(outcomes.size(), 2u);
}

}  // namespace
}  // namespace symphony
