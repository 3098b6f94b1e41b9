// What a user of the installed library writes: a decision of a rate limiter and a tool. It makes
// no call, so it needs no network.
#include <symphony/policy/rate_limiter.hpp>
#include <symphony/symphony.hpp>

#include <cstdio>

int main() {
    symphony::rate_limit_options limits;
    limits.max_requests_per_second = 1;
    symphony::rate_limiter limiter(limits);
    const symphony::instant now{};
    if (!limiter.try_acquire(now).admitted() || limiter.try_acquire(now).admitted()) {
        std::puts("the limiter admitted the wrong number of requests");
        return 1;
    }

    symphony::client client({.threads = 1});
    symphony::endpoint_options endpoint;
    endpoint.url = "http://127.0.0.1:9/";
    endpoint.rate_limit = limits;
    symphony::tool_options options;
    options.name = "orders";
    options.external_apis.push_back({"api", endpoint});
    const symphony::tool tool = client.tools().create(options);
    if (tool.name() != "orders" || client.tools().names().size() != 1) {
        std::puts("the tool was not created");
        return 1;
    }
    std::puts("consumer: ok");
    return 0;
}
