#include "support/redis_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;

tool_options with_endpoint(const std::function<void(endpoint_options&)>& set) {
    named_endpoint api;
    api.name = "api";
    api.options.url = "http://127.0.0.1:1/";
    set(api.options);
    tool_options tool;
    tool.name = "t";
    tool.external_apis.push_back(std::move(api));
    return tool;
}

// On the user's own executor what is under way goes on after the client: it must touch nothing that
// went with it. The moments lie along connecting, the first word and its answer.
void let_go_at_any_moment(const tool_options& tool, const std::function<void(client&)>& begin) {
    for (int moment = 0; moment < 60; ++moment) {
        boost::asio::io_context loop(1);
        const auto busy = boost::asio::make_work_guard(loop);
        client_options options;
        options.executor = loop.get_executor();
        auto calls = std::make_unique<client>(std::move(options));
        calls->tools().create(tool);
        begin(*calls);
        loop.run_for(moment * 50us);
        calls.reset();
        loop.run_for(60ms);  // longer than a command may take
    }
}

TEST(client_end, comes_at_any_moment_of_a_circuits_talk_with_redis) {
    const redis_server server;
    const tool_options tool = with_endpoint([&](endpoint_options& api) {
        api.circuit_breaker.emplace();
        api.circuit_sharing.emplace().redis.server = {"127.0.0.1", server.port()};
    });
    let_go_at_any_moment(tool, [](client&) {});
}

// A look at a budget asks Redis of itself.
TEST(client_end, comes_at_any_moment_of_a_budgets_talk_with_redis) {
    const redis_server server;
    const tool_options tool = with_endpoint([&](endpoint_options& api) {
        api.rate_limit.emplace().max_requests_per_second = 10;
        api.rate_sharing.emplace().redis.server = {"127.0.0.1", server.port()};
    });
    let_go_at_any_moment(tool, [](client& calls) { (void)calls.status(); });
}

}  // namespace
}  // namespace symphony::test_support
