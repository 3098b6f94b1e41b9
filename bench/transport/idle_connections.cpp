// What a connection in the pool costs: as many are opened as there are calls at once, all of them
// used, and then left idle.
//
//   idle_connections url=http://127.0.0.1:PORT/large count=1000 [ca=FILE]
#include "../words.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <fstream>
#include <malloc.h>
#include <memory>
#include <unistd.h>
#include <vector>

namespace asio = boost::asio;

namespace {

std::size_t resident_bytes() {
    std::size_t whole = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> whole >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

struct memory {
    std::size_t heap = 0;      // in use
    std::size_t resident = 0;  // what the system has given, and the allocator keeps for later
    std::size_t trimmed = 0;   // without the latter
    static memory now() {
        const std::size_t resident = resident_bytes();
        malloc_trim(0);
        const struct mallinfo2 held = mallinfo2();
        return {held.uordblks + held.hblkhd, resident, resident_bytes()};
    }
};

using target = std::shared_ptr<const symphony::net::destination>;

// The answers stay where they are until there are as many as wanted: no connection is used twice.
asio::awaitable<void> begin(symphony::net::http_client& client, target where,
                            const symphony::clock& time,
                            std::vector<std::unique_ptr<symphony::body_source>>& open) {
    const symphony::net::wire_request request{.target = where->base.path};
    symphony::net::send_options options;
    options.until = symphony::deadline::after(time.now(), std::chrono::seconds(60));
    options.stream_response = true;
    symphony::result<symphony::response> got = co_await client.send(where, request, options);
    if (!got) bench::stop(got.error().message);
    if (got->status != 200 || !got->stream) bench::stop("an answer is not what was asked for");
    open.push_back(std::move(got->stream));
}

asio::awaitable<void> read_out(symphony::body_source& body, std::size_t& left) {
    for (;;) {
        const symphony::result<std::string_view> piece = co_await body.read();
        if (!piece) bench::stop(piece.error().message);
        if (piece->empty()) break;
    }
    --left;
}

void run(asio::io_context& context, const auto& done) {
    while (!done())
        context.run_one();
}

}  // namespace

int main(int count, char** arguments) {
    const bench::words given(count, arguments);
    const std::size_t wanted = given.number("count", 1000);
    const auto base = symphony::url::parse(given.text("url"));
    if (!base) bench::stop(base.error().message);
    symphony::tls_options tls;
    tls.ca = given.text("ca");
    symphony::http_options how;
    how.version = symphony::http_version::http1;
    how.max_connections = wanted + 1;
    const auto where = symphony::net::destination::make(*base, tls, how);
    if (!where) bench::stop(where.error().message);

    asio::io_context context(1);
    const symphony::system_clock time;
    symphony::net::asio_timers timers(context.get_executor(), time);
    symphony::net::http_client client(context.get_executor(), time, timers);
    std::vector<std::unique_ptr<symphony::body_source>> open;
    const auto use = [&](std::size_t connections) {
        for (std::size_t i = 0; i < connections; ++i)
            asio::co_spawn(context, begin(client, *where, time, open), asio::detached);
        run(context, [&] { return open.size() == connections; });
        std::size_t left = connections;
        for (const auto& one : open)
            asio::co_spawn(context, read_out(*one, left), asio::detached);
        run(context, [&] { return left == 0; });
        open.clear();
        context.poll();  // they settle
    };
    use(1);  // what is there once for all
    const memory before = memory::now();
    use(wanted + 1);
    const memory after = memory::now();
    if (client.look(**where).idle != wanted + 1) bench::stop("not all connections are idle");
    const auto each = [&](std::size_t memory::* what) {
        return (after.*what - before.*what) / wanted;
    };
    std::printf("{\"heap\": %zu, \"resident\": %zu, \"trimmed\": %zu}\n", each(&memory::heap),
                each(&memory::resident), each(&memory::trimmed));
}
