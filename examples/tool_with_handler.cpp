// A tool with a handler: one question in, several managed calls, one answer out.
#include <symphony/symphony.hpp>
#include <symphony/testing/local_server.hpp>

#include <cstdlib>
#include <iostream>

namespace {

using symphony::json;

/// `{"customer": ID}` → `{"name": ..., "orders": N}`, from two endpoints.
boost::asio::awaitable<symphony::result<json>> summarise(symphony::tool_context& context,
                                                         json params) {
    const std::string id = std::to_string(params["customer"].as_int());

    const symphony::request who("/customers/" + id);
    const auto customer = co_await context["customers"].call(who);
    if (!customer) {
        co_return std::unexpected(customer.error());
    }
    const auto name = customer->as_json();

    const symphony::request what("/orders?customer=" + id);
    const auto found = co_await context["orders"].call(what);
    if (!found) {
        co_return std::unexpected(found.error());
    }
    const auto orders = found->as_json();
    if (!name || !orders) {
        co_return symphony::fail(symphony::error_kind::invalid_response, "the answer is no JSON");
    }
    co_return json::of({{"name", (*name)["name"]}, {"orders", (*orders)["count"]}});
}

symphony::endpoint_options endpoint(const std::string& url, std::uint64_t per_second) {
    symphony::endpoint_options options;
    options.url = url;
    options.rate_limit = symphony::rate_limit_options{.max_requests_per_second = per_second};
    options.circuit_breaker = symphony::circuit_breaker_options{};
    return options;
}

}  // namespace

int main() {
    using namespace symphony::testing;
    local_server server([](symphony::net::server_request& asked) {
        return asked.target.starts_with("/customers/") ? make_response(200, R"({"name":"Ada"})")
                                                       : make_response(200, R"({"count":3})");
    });

    symphony::client client;
    const symphony::tool summary =
        client.tools().create({.name = "customer-summary",
                               .description = "Who a customer is and how many orders there are",
                               .external_apis = {{"customers", endpoint(server.url(), 50)},
                                                 {"orders", endpoint(server.url(), 10)}},
                               .handler = summarise});

    const symphony::run_result done = summary.run(json::of({{"customer", 7}}));
    if (!done.success) {
        std::cout << "failed: " << (done.failure ? done.failure->message : "") << "\n";
        return EXIT_FAILURE;
    }
    std::cout << done.result.dump() << " in " << done.metrics.calls << " calls\n";
    return done.result["orders"].as_int() == 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
