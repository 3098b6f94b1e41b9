// A fully managed call: limit of two levels, breaker with both shares, bearer credentials, retry,
// metrics, a new traceparent each time.
#include "load.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <random>

namespace asio = boost::asio;

namespace {

symphony::tool_options the_tool(const std::string& port) {
    symphony::rate_limit_options limit;
    limit.max_requests_per_second =
        100'000;  // the most that is counted exactly; not reached on one core
    limit.max_requests_per_minute = 100'000'000;
    symphony::circuit_breaker_options breaker;
    breaker.failure_rate = 0.5;
    breaker.latency_threshold = std::chrono::seconds(5);
    symphony::auth_options auth;
    auth.token = symphony::secret(peers::token);

    symphony::named_endpoint api;
    api.name = "api";
    api.options.url = "http://127.0.0.1:" + port;
    api.options.fields = {{"accept", peers::accept_value}};
    api.options.rate_limit = limit;
    api.options.circuit_breaker = breaker;
    api.options.auth = auth;
    api.options.middleware.error.retry = symphony::retry_options{};
    symphony::tool_options tool;
    tool.name = "shop";
    tool.external_apis.push_back(std::move(api));
    return tool;
}

// "00-<trace>-<span>-01" with fresh random identifiers (W3C Trace Context).
class trace_source {
public:
    std::string_view next() {
        put(3, random_());
        put(19, random_());
        put(36, random_());
        return {text_.data(), text_.size()};
    }

private:
    void put(std::size_t at, std::uint64_t value) {
        for (std::size_t i = 0; i < 16; ++i, value >>= 4)
            text_[at + i] = "0123456789abcdef"[value & 15];
    }
    std::mt19937_64 random_{std::random_device{}()};
    std::string text_ = peers::traceparent;
};

asio::awaitable<void> one_caller(peers::load& work, symphony::client& client, trace_source& traces,
                                 asio::io_context& context, unsigned& running) {
    while (work.take()) {
        symphony::request request("GET", peers::target);
        request.fields.add("traceparent", traces.next());
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
    trace_source traces;
    unsigned running = work.connections;
    for (unsigned i = 0; i < work.connections; ++i)
        asio::co_spawn(context, one_caller(work, client, traces, context, running), asio::detached);
    context.run();
}
