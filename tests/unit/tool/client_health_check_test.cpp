#include "symphony/testing/local_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

// Health checks beside what a client goes through: reloads, shutdown and its end, at any moment.

namespace symphony {
namespace {

using namespace std::chrono_literals;
using symphony::testing::local_server;
using symphony::testing::make_response;

struct health_check_client : ::testing::Test {
    std::atomic<int> page{503};
    std::atomic<int> api{500};
    std::atomic<int> checks{0};
    local_server server{[this](net::server_request& asked) {
        if (!asked.target.starts_with("/health")) return make_response(api);
        ++checks;
        return make_response(page);
    }};

    std::vector<tool_options> tools(const char* page_path = "/health") {
        named_endpoint one{"e", {}};
        one.options.url = server.url();
        one.options.circuit_breaker = circuit_breaker_options{.failure_threshold = 1};
        if (page_path != nullptr) {
            one.options.health_check =
                health_check_options{.url = server.url() + page_path, .interval = 10ms};
        }
        tool_options made;
        made.name = "t";
        made.external_apis.push_back(std::move(one));
        return {made};
    }
    std::unique_ptr<client> opened(client_options options = {.threads = 2}) {
        auto calls = std::make_unique<client>(std::move(options));
        EXPECT_TRUE(calls->replace_tools(tools()));
        EXPECT_EQ(calls->call_blocking("t", "e", request())->status, 500);
        return calls;
    }
    void wait_for_checks(int more) const {
        for (const int wanted = checks + more; checks < wanted;)
            std::this_thread::yield();
    }
    static circuit_state state(const client& calls) {
        return calls.status().at(0).endpoints.at(0).breaker->state;
    }
};

TEST_F(health_check_client, heals_a_circuit) {
    const auto calls = opened();
    wait_for_checks(3);
    EXPECT_EQ(state(*calls), circuit_state::open);
    api = 200;
    page = 200;
    while (state(*calls) == circuit_state::open)
        std::this_thread::yield();
    EXPECT_EQ(calls->call_blocking("t", "e", request())->status, 200);
    EXPECT_EQ(state(*calls), circuit_state::closed);
}

TEST_F(health_check_client, lives_through_reloads) {
    const auto calls = opened();
    for (int i = 0; i < 200; ++i) {
        const char* const path = i % 3 == 0 ? nullptr : i % 3 == 1 ? "/health?a" : "/health?b";
        ASSERT_TRUE(calls->replace_tools(tools(path)));
        if (i % 21 == 1) wait_for_checks(1);
    }
    ASSERT_TRUE(calls->replace_tools({}));
    ASSERT_TRUE(calls->replace_tools(tools()));
}

TEST_F(health_check_client, ends_with_its_client_at_any_moment) {
    for (int i = 0; i < 30; ++i) {
        const auto calls = opened();
        if (i % 3 != 0) wait_for_checks(i % 3);
    }
}

TEST_F(health_check_client, asks_nothing_after_shutdown) {
    const auto calls = opened();
    wait_for_checks(1);
    EXPECT_TRUE(calls->shut_down(1s));
    const auto other = opened();  // whose checks show that time goes on
    const int before = checks;
    wait_for_checks(3);
    EXPECT_LE(checks, before + 4) << "one of the first client's may have been under way";
    EXPECT_TRUE(calls->replace_tools(tools("/health?new")));
}

TEST_F(health_check_client, leaves_a_users_executor_in_peace) {
    boost::asio::io_context loop{1};
    auto busy = boost::asio::make_work_guard(loop);
    {
        client_options options;
        options.executor = loop.get_executor();
        auto calls = std::make_unique<client>(std::move(options));
        ASSERT_TRUE(calls->replace_tools(tools()));
        std::jthread asking(
            [&] { EXPECT_EQ(calls->call_blocking("t", "e", request())->status, 500); });
        while (checks < 2)
            loop.run_one_for(1ms);
        asking.join();
    }
    busy.reset();
    loop.poll();
}

}  // namespace
}  // namespace symphony
