// An API that only notes when each call arrives. Prints its port; ends with its standard input and
// then prints the moments, one a line, in nanoseconds of the machine's monotonic clock.
#include "symphony/core/clock.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_server.hpp"
#include "words.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <unistd.h>
#include <vector>

namespace asio = boost::asio;
using namespace symphony;

int main() {
    asio::io_context loop(1);
    const system_clock time;
    net::asio_timers wakeups(loop.get_executor(), time);
    std::vector<instant> arrivals;
    arrivals.reserve(1'000'000);
    const auto answer = [&](net::server_request&) -> asio::awaitable<response> {
        arrivals.push_back(time.now());
        response made;
        made.status = 200;
        made.body = "{\"ok\":true}";
        co_return made;
    };
    net::http_server server(loop.get_executor(), time, wakeups, answer);
    const auto port = server.listen("127.0.0.1", 0);
    if (!port) shared_bench::stop(port.error().message);
    std::printf("%u\n", unsigned{*port});
    std::fflush(stdout);
    asio::posix::stream_descriptor input(loop, ::dup(STDIN_FILENO));
    input.async_wait(asio::posix::stream_descriptor::wait_read,
                     [&](const boost::system::error_code&) { loop.stop(); });
    loop.run();
    for (const instant at : arrivals)
        std::printf("%lld\n", static_cast<long long>(at.time_since_epoch().count()));
    std::fflush(stdout);
    std::_Exit(0);
}
