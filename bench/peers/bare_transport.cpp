// Our transport alone: pool, deadline, HTTP; no policy.
#include "load.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>

namespace asio = boost::asio;

namespace {

asio::awaitable<void> one_caller(peers::load& work, symphony::net::http_client& client,
                                 const symphony::clock& time,
                                 std::shared_ptr<const symphony::net::destination> where,
                                 asio::io_context& context, unsigned& running) {
    const std::array<symphony::header_view, 3> standing{{{"accept", peers::accept_value},
                                                         {"user-agent", "symphony/0.1.0"},
                                                         {"authorization", peers::authorization}}};
    const symphony::net::field_block always(standing);
    const std::array<symphony::header_view, 1> fields{{{"traceparent", peers::traceparent}}};
    while (work.take()) {
        symphony::net::wire_request request;
        request.target = peers::target;
        request.fields = fields;
        request.more_fields = &always;
        symphony::net::send_options options;
        options.until = symphony::deadline::after(time.now(), std::chrono::seconds(30));
        symphony::result<symphony::response> got = co_await client.send(where, request, options);
        if (!got) peers::load::stop(got.error().message.c_str());
        work.done(got->status, got->body.size());
    }
    if (--running == 0) context.stop();  // a deadline that nobody waits for is left
}

}  // namespace

int main(int count, char** arguments) {
    peers::load work(count, arguments);
    asio::io_context context(1);
    const symphony::system_clock time;
    symphony::net::asio_timers timers(context.get_executor(), time);
    symphony::net::http_client client(context.get_executor(), time, timers);
    const auto base = symphony::url::parse(work.url + "/");
    if (!base) peers::load::stop("bad URL");
    symphony::tls_options tls;
    tls.ca = work.ca;
    symphony::http_options how;
    how.version =
        work.how.ends_with('2') ? symphony::http_version::http2 : symphony::http_version::http1;
    const auto where = symphony::net::destination::make(*base, tls, how);
    if (!where) peers::load::stop(where.error().message.c_str());
    unsigned running = work.connections;
    for (unsigned i = 0; i < work.connections; ++i)
        asio::co_spawn(context, one_caller(work, client, time, *where, context, running),
                       asio::detached);
    context.run();
}
