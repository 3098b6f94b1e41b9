// A fully managed call: limit of two levels, breaker with both shares, bearer credentials, retry,
// metrics, a new traceparent each time.
#include "load.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace asio = boost::asio;

namespace {

symphony::tool_options the_tool(const std::string& port) {
    symphony::rate_limit_options limit;
    // Counted exactly, and out of one core's reach: a call that waits would be another's measure.
    limit.limits = {{100'000, std::chrono::milliseconds(250)},
                    {100'000'000, std::chrono::minutes(1)}};
    symphony::circuit_breaker_options breaker;
    breaker.failure_rate = 0.5;
    breaker.latency_threshold = std::chrono::seconds(5);
    symphony::auth_options auth;
    auth.token = symphony::secret(peers::token);

    symphony::named_endpoint api;
    api.name = "api";
    api.options.url = "http://127.0.0.1:" + port;
    api.options.fields = {{"accept", peers::accept_value}};
    api.options.http.decompress = false;  // nobody here asks for it: the same fields on the wire
    api.options.rate_limit = limit;
    api.options.circuit_breaker = breaker;
    api.options.auth = auth;
    api.options.middleware.error.retry = symphony::retry_options{};
    symphony::tool_options tool;
    tool.name = "shop";
    tool.external_apis.push_back(std::move(api));
    return tool;
}

asio::awaitable<void> one_caller(peers::load& work, symphony::client& client,
                                 asio::io_context& context, unsigned& running) {
    while (work.take()) {
        symphony::request request("GET", peers::target);
        symphony::result<symphony::response> got =
            co_await client.call("shop", "api", std::move(request));
        if (!got) peers::load::stop(got.error().message.c_str());
        work.done(got->status, got->body.size());
    }
    if (--running == 0) context.stop();
}

}  // namespace

int main(int count, char** arguments) {
    peers::load work(count, arguments);
    asio::io_context context(1);
    symphony::client_options options;
    options.executor = context.get_executor();
    symphony::client client(std::move(options));
    client.tools().create(the_tool(work.port));
    unsigned running = work.connections;
    for (unsigned i = 0; i < work.connections; ++i)
        asio::co_spawn(context, one_caller(work, client, context, running), asio::detached);
    context.run();
}
