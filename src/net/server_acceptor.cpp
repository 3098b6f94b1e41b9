#include "net/server_acceptor.hpp"

#include "net/server_connection.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <sys/socket.h>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

// After an error that repeating at once would only repeat, such as no file descriptor being left.
constexpr auto accept_pause = std::chrono::milliseconds(100);

boost::system::error_code open(asio::ip::tcp::acceptor& acceptor,
                               const asio::ip::tcp::endpoint& where, bool share_port) {
    boost::system::error_code fault;
    acceptor.open(where.protocol(), fault);
    if (!fault) acceptor.set_option(asio::socket_base::reuse_address(true), fault);
    constexpr int on = 1;
    if (!fault && share_port &&
        ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
        fault.assign(errno, boost::system::system_category());
    if (!fault) acceptor.bind(where, fault);
    if (!fault) acceptor.listen(asio::socket_base::max_listen_connections, fault);
    return fault;
}

}  // namespace

server_acceptor::server_acceptor(std::shared_ptr<server_core> core)
    : core_(std::move(core)),
      acceptor_(core_->executor),
      pause_(core_->wakeups, this,
             [](void* self) noexcept { static_cast<server_acceptor*>(self)->accept(); }) {}

result<std::uint16_t> server_acceptor::listen(const std::string& host, std::uint16_t port,
                                              bool share_port) {
    boost::system::error_code fault;
    std::string literal = host == "localhost" ? "127.0.0.1" : host;
    if (literal.size() > 2 && literal.front() == '[' && literal.back() == ']')
        literal = literal.substr(1, literal.size() - 2);
    const asio::ip::address address = asio::ip::make_address(literal, fault);
    if (fault)
        return fail(error_kind::connect_failed,
                    fmt::format("cannot listen on {}:{}: the host must be an IP address or "
                                "\"localhost\"",
                                host, port));
    const asio::ip::tcp::endpoint where(address, port);
    fault = core_->stopped ? make_error_code(asio::error::operation_aborted)
                           : open(acceptor_, where, share_port);
    if (fault) {
        close();
        return fail(
            error_kind::connect_failed,
            fmt::format("cannot listen on {}:{}: {}", address.is_v6() ? "[" + literal + "]" : host,
                        port, fault.message()));
    }
    const std::uint16_t bound = acceptor_.local_endpoint(fault).port();
    accept();
    return bound;
}

void server_acceptor::close() noexcept {
    pause_.stop();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

void server_acceptor::accept() {
    if (!acceptor_.is_open()) return;
    acceptor_.async_accept(core_->executor, peer_,
                           [self = shared_from_this()](const boost::system::error_code& fault,
                                                       asio::ip::tcp::socket socket) {
                               self->accepted(fault, std::move(socket));
                           });
}

void server_acceptor::accepted(const boost::system::error_code& fault,
                               asio::ip::tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (fault && fault != asio::error::connection_aborted) {
        pause_.set(later(core_->time.now(), accept_pause));
        return;
    }
    if (!fault && core_->connections.size() < core_->options.max_connections) {
        std::make_shared<server_connection>(core_, std::move(socket), peer_)->start();
    }
    accept();
}

}  // namespace symphony::net::detail
