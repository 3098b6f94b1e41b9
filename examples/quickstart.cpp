// A managed call that blocks: what the README shows. The API is a local server, so that it runs
// anywhere; pass the URL of another one to call that instead.
#include <symphony/symphony.hpp>
#include <symphony/testing/local_server.hpp>

#include <cstdlib>
#include <iostream>

namespace {

bool look_up_order(const std::string& url) {
    // [readme]
    symphony::client client;
    const symphony::tool orders = client.tools().create(
        {.name = "orders",
         .external_apis = {
             {"api",
              {.url = url,
               .rate_limit = symphony::rate_limit_options{.max_requests_per_second = 10},
               .circuit_breaker = symphony::circuit_breaker_options{},
               .middleware = {.error = {.retry = symphony::retry_options{}}}}}}});

    const auto answer = orders["api"].call_blocking(symphony::request("/orders/42"));
    std::cout << (answer ? answer->body : answer.error().message) << "\n";
    return answer && answer->ok();
    // [/readme]
}

}  // namespace

int main(int argc, char** argv) {
    using namespace symphony::testing;
    local_server server([](symphony::net::server_request& asked) {
        return asked.target == "/orders/42" ? make_response(200, R"({"id":42,"state":"shipped"})")
                                            : make_response(404, R"({"error":"no such order"})");
    });
    return look_up_order(argc > 1 ? argv[1] : server.url()) ? EXIT_SUCCESS : EXIT_FAILURE;
}
