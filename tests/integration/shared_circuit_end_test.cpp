#include "support/redis_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;

tool_options shared_tool(std::uint16_t redis) {
    named_endpoint api;
    api.name = "api";
    api.options.url = "http://127.0.0.1:1/";
    api.options.circuit_breaker.emplace();
    api.options.circuit_sharing.emplace().redis.server = {"127.0.0.1", redis};
    tool_options tool;
    tool.name = "t";
    tool.external_apis.push_back(std::move(api));
    return tool;
}

// On the user's own executor what is under way goes on after the client: it must touch nothing that
// went with it. The moments lie along connecting, the first word and its answer.
TEST(shared_circuit_end, a_client_may_go_at_any_moment_of_its_talk_with_redis) {
    const redis_server server;
    for (int moment = 0; moment < 60; ++moment) {
        boost::asio::io_context loop(1);
        const auto busy = boost::asio::make_work_guard(loop);
        client_options options;
        options.executor = loop.get_executor();
        auto calls = std::make_unique<client>(std::move(options));
        calls->tools().create(shared_tool(server.port()));
        loop.run_for(moment * 50us);
        calls.reset();
        loop.run_for(60ms);  // longer than a command may take
    }
}

}  // namespace
}  // namespace symphony::test_support
