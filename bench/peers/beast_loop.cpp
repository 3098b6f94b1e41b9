// Boost.Beast as its own examples use it: one coroutine a connection, a deadline for each request.
#include "load.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

asio::awaitable<void> one_connection(peers::load& work) {
    beast::tcp_stream stream(co_await asio::this_coro::executor);
    const auto port = static_cast<std::uint16_t>(std::stoul(work.port));
    const asio::ip::tcp::endpoint where(asio::ip::make_address("127.0.0.1"), port);
    const std::string host = "127.0.0.1:" + work.port;
    stream.expires_after(std::chrono::seconds(30));
    co_await stream.async_connect(where, asio::use_awaitable);
    stream.socket().set_option(asio::ip::tcp::no_delay(true));
    beast::flat_buffer buffer;
    while (work.take()) {
        http::request<http::empty_body> request(http::verb::get, peers::target, 11);
        request.set(http::field::host, host);
        request.set(http::field::accept, peers::accept_value);
        request.set(http::field::authorization, peers::authorization);
        request.set("traceparent", peers::traceparent);
        stream.expires_after(std::chrono::seconds(30));
        co_await http::async_write(stream, request, asio::use_awaitable);
        http::response<http::string_body> response;
        co_await http::async_read(stream, buffer, response, asio::use_awaitable);
        work.done(response.result_int(), response.body().size());
    }
}

}  // namespace

int main(int count, char** arguments) {
    peers::load work(count, arguments);
    asio::io_context context(1);
    for (unsigned i = 0; i < work.connections; ++i)
        asio::co_spawn(context, one_connection(work), [](const std::exception_ptr& fault) {
            if (fault) peers::load::stop("a connection broke");
        });
    context.run();
}
