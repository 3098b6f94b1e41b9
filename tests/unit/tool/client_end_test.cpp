#include "symphony/testing/local_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>

// A client that goes while calls of a user's own executor are still waiting.

namespace symphony {
namespace {

using namespace std::chrono_literals;
using symphony::testing::local_server;
using symphony::testing::make_response;

TEST(client_end, cancels_a_call_that_waits_for_its_next_attempt) {
    local_server server([](net::server_request&) { return make_response(503); });
    boost::asio::io_context loop{1};
    const auto busy = boost::asio::make_work_guard(loop);
    client_options options;
    options.executor = loop.get_executor();
    bool waits = false;
    options.events = [&](const event& said) { waits = waits || said.name == "call.retry"; };
    auto calls = std::make_unique<client>(std::move(options));
    tool_options tool;
    tool.name = "t";
    endpoint_options api;
    api.url = server.url();
    api.timeout = 3h;
    api.middleware.error.retry = retry_options{.timing = {.base_delay = 1h, .max_delay = 1h}};
    tool.external_apis.push_back({"e", std::move(api)});
    calls->tools().create(std::move(tool));
    std::optional<result<response>> outcome;
    boost::asio::co_spawn(loop, calls->call("t", "e", request()),
                          [&](const std::exception_ptr& fault, result<response> got) {
                              EXPECT_FALSE(fault);
                              outcome = std::move(got);
                          });
    while (!waits)
        loop.run_one_for(1ms);
    loop.poll();
    ASSERT_FALSE(outcome);
    calls.reset();
    loop.poll();
    ASSERT_TRUE(outcome) << "nobody would ever resume it";
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().kind, error_kind::cancelled);
}

}  // namespace
}  // namespace symphony
