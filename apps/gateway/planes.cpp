#include "gateway/planes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <future>
#include <type_traits>
#include <utility>

namespace symphony::gateway {

namespace asio = boost::asio;

namespace {

// Runs `work` on the executor's thread and waits for it.
template <class Work>
std::invoke_result_t<Work> run_on(const asio::any_io_executor& executor, Work work) {
    std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
    auto done = task.get_future();
    asio::post(executor, [&task] { task(); });
    return done.get();
}

// Shards share their port, and so would a second gateway on the same address, which would silently
// take half of the requests. Binding once without sharing tells whether anybody is there.
bool is_taken(const listen_address& address) {
    if (address.port == 0) return false;
    boost::system::error_code fault;
    const auto host =
        asio::ip::make_address(address.host == "localhost" ? "127.0.0.1" : address.host, fault);
    if (fault) return false;  // a name: `listen` resolves it and reports
    asio::io_context context;
    const asio::ip::tcp::endpoint where(host, address.port);
    asio::ip::tcp::acceptor probe(context);
    probe.open(where.protocol(), fault);
    if (fault) return false;
    probe.set_option(asio::socket_base::reuse_address(true), fault);
    probe.bind(where, fault);
    if (!fault) probe.listen(1, fault);
    return fault == asio::error::address_in_use;
}

}  // namespace

plane::plane(client& calls, const net::http_server::handler& on_request, bool on_every_executor,
             const net::server_options& options) {
    for (const asio::any_io_executor& executor : calls.executors()) {
        auto server = run_on(executor, [&] {
            return std::make_unique<net::http_server>(
                executor, calls.time(), calls.timers_of(executor), on_request, options);
        });
        shards_.push_back({executor, std::move(server)});
        if (!on_every_executor) break;
    }
}

plane::~plane() {
    for (shard& each : shards_) {
        run_on(each.executor, [&each] {
            each.server->stop();
            each.server.reset();
        });
    }
}

result<std::uint16_t> plane::listen(const listen_address& address) {
    if (is_taken(address))
        return fail(error_kind::connect_failed,
                    fmt::format("{} is in use by another process", address.text()));
    std::uint16_t port = address.port;
    for (shard& each : shards_) {
        const bool share = shards_.size() > 1;
        result<std::uint16_t> bound =
            run_on(each.executor, [&] { return each.server->listen(address.host, port, share); });
        if (!bound) return bound;
        port = *bound;
    }
    return port;
}

void plane::drain() {
    for (shard& each : shards_)
        run_on(each.executor, [&each] { each.server->drain(); });
}

std::size_t plane::connections() {
    std::size_t total = 0;
    for (shard& each : shards_)
        total += run_on(each.executor, [&each] { return each.server->connections(); });
    return total;
}

}  // namespace symphony::gateway
