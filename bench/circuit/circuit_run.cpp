// Calls an API that is dead for a while, `rate` times a second for `seconds`, through a circuit
// breaker. Prints how many calls the API saw, when it last saw trouble, and what became of the
// calls of each tenth of a second.
//
//   circuit_run seconds=60 rate=1000 dead-from=0 dead-until=60000 threshold=5 reset=1000
//               recovery=immediate|gradual successes=1 health=0     (times in milliseconds)
#include "bench/words.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/testing/local_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <vector>

namespace asio = boost::asio;
using namespace symphony;

namespace {

using std::chrono::milliseconds;

class mortal_api {
public:
    mortal_api()
        : server_([this](net::server_request& asked) {
              const int status = dead.load() ? 500 : 200;
              if (asked.target != "/health") ++seen;
              return testing::make_response(status, "{}");
          }) {}
    [[nodiscard]] const std::string& url() const noexcept { return server_.url(); }

    std::atomic<bool> dead{false};
    std::atomic<std::uint64_t> seen{0};

private:
    testing::local_server server_;
};

tool_options the_tool(const bench::words& given, const std::string& url) {
    circuit_breaker_options breaker;
    breaker.failure_threshold = static_cast<std::uint32_t>(given.number("threshold", 5));
    breaker.reset_timeout = milliseconds(given.number("reset", 1000));
    breaker.success_threshold = static_cast<std::uint32_t>(given.number("successes", 1));
    if (given.text("recovery") == "gradual") breaker.recovery = recovery_kind::gradual;
    named_endpoint api;
    api.name = "api";
    api.options.url = url;
    api.options.circuit_breaker = breaker;
    if (const auto interval = given.number("health"); interval > 0) {
        health_check_options check;
        check.url = url + "/health";
        check.interval = milliseconds(interval);
        api.options.health_check = check;
    }
    tool_options tool;
    tool.name = "shop";
    tool.external_apis.push_back(std::move(api));
    return tool;
}

struct moment {
    std::uint64_t ok = 0, failed = 0, refused = 0;
    circuit_state state{};
};

struct account {
    std::vector<moment> moments;
    instant began;
    instant last_trouble;

    moment& at(instant when) {
        const auto place = static_cast<std::size_t>((when - began) / milliseconds(100));
        if (place >= moments.size()) moments.resize(place + 1);
        return moments[place];
    }
};

asio::awaitable<void> one_call(client& caller, account& all) {
    const instant began = caller.time().now();
    request what("GET", "/");
    const result<response> got = co_await caller.call("shop", "api", std::move(what));
    moment& now = all.at(began);
    if (got && got->status == 200) {
        ++now.ok;
        co_return;
    }
    ++(got ? now.failed : now.refused);
    all.last_trouble = std::max(all.last_trouble, began);
}

asio::awaitable<void> load(client& caller, asio::io_context& loop, timers& wakeups, mortal_api& api,
                           const bench::words& given, account& all) {
    const symphony::clock& time = caller.time();
    const auto length = std::chrono::seconds(given.number("seconds", 5));
    const auto rate = static_cast<double>(given.number("rate", 1000));
    const auto dead_from = milliseconds(given.number("dead-from"));
    const auto dead_until = milliseconds(given.number("dead-until"));
    std::uint64_t begun = 0;
    all.began = all.last_trouble = time.now();
    for (;;) {
        const duration passed = time.now() - all.began;
        if (passed >= length) break;
        api.dead = passed >= dead_from && passed < dead_until;
        const double due = std::chrono::duration<double>(passed).count() * rate;
        for (; begun < static_cast<std::uint64_t>(due); ++begun)
            asio::co_spawn(loop, one_call(caller, all), asio::detached);
        all.at(time.now()).state = caller.status().front().endpoints.front().breaker->state;
        co_await net::wait_until(wakeups, time.now() + milliseconds(1));
    }
    loop.stop();
}

}  // namespace

int main(int count, char** arguments) {
    const bench::words given(count, arguments);
    mortal_api api;
    asio::io_context loop(1);
    client_options options;
    options.executor = loop.get_executor();
    client caller(std::move(options));
    caller.tools().create(the_tool(given, api.url()));
    account all;
    timers& wakeups = caller.timers_of(loop.get_executor());
    asio::co_spawn(loop, load(caller, loop, wakeups, api, given, all), asio::detached);
    loop.run();
    std::printf("{\"seen\": %llu, \"lastTroubleMs\": %.1f, \"tenths\": [",
                static_cast<unsigned long long>(api.seen.load()),
                std::chrono::duration<double, std::milli>(all.last_trouble - all.began).count());
    const char* separator = "";
    for (const moment& one : all.moments) {
        std::printf("%s[%llu, %llu, %llu, %d]", separator, static_cast<unsigned long long>(one.ok),
                    static_cast<unsigned long long>(one.failed),
                    static_cast<unsigned long long>(one.refused), static_cast<int>(one.state));
        separator = ", ";
    }
    std::printf("]}\n");
    std::fflush(stdout);
    std::_Exit(0);  // calls in flight are of no interest
}
