// Managed calls from coroutines on the user's own io_context: no thread of Symphony's is involved.
#include <symphony/symphony.hpp>
#include <symphony/testing/local_server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>

namespace asio = boost::asio;

namespace {

struct tally {
    int answered = 0;
    int failed = 0;
};

asio::awaitable<void> ask_for(const symphony::api& orders, int id, tally& count) {
    // Build requests as named variables, not inside the co_await: some compilers get that wrong.
    const symphony::request what("/orders/" + std::to_string(id));
    const symphony::result<symphony::response> answer = co_await orders.call(what);
    if (answer && answer->ok()) {
        ++count.answered;
        std::cout << answer->body << "\n";
    } else {
        ++count.failed;
        std::cout << "order " << id << ": "
                  << (answer ? "status " + std::to_string(answer->status) : answer.error().message)
                  << "\n";
    }
}

}  // namespace

int main() {
    using namespace symphony::testing;
    local_server server([](symphony::net::server_request& asked) {
        return make_response(200, R"({"asked":")" + asked.target + R"("})");
    });

    asio::io_context loop;
    symphony::client client({.executor = loop.get_executor()});
    symphony::endpoint_options endpoint;
    endpoint.url = server.url();
    endpoint.rate_limit = symphony::rate_limit_options{.max_requests_per_second = 100};
    const symphony::tool tool =
        client.tools().create({.name = "orders", .external_apis = {{"api", endpoint}}});
    const symphony::api orders = tool["api"];

    // The three calls run at the same time, on the thread that runs `loop`: this one.
    tally count;
    int running = 3;
    const auto when_done = [&](const std::exception_ptr&) {
        if (--running == 0) {
            loop.stop();
        }
    };
    for (int id = 1; id <= 3; ++id) {
        asio::co_spawn(loop, ask_for(orders, id, count), when_done);
    }
    loop.run();
    return count.answered == 3 && count.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
