#pragma once

#include "net/server_core.hpp"
#include "net/server_timer.hpp"
#include "symphony/core/result.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace symphony::net::detail {

/// One listening socket: accepts until closed, and makes each socket a connection.
class server_acceptor final : public std::enable_shared_from_this<server_acceptor> {
public:
    explicit server_acceptor(std::shared_ptr<server_core> core);

    /// Binds, listens and begins to accept.
    [[nodiscard]] result<std::uint16_t> listen(const std::string& host, std::uint16_t port,
                                               bool share_port);
    /// For good. Neither clock nor timers are used again.
    void close() noexcept;

private:
    void accept();
    void accepted(const boost::system::error_code& fault, boost::asio::ip::tcp::socket socket);

    std::shared_ptr<server_core> core_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::endpoint peer_;
    lazy_timer pause_;
};

}  // namespace symphony::net::detail
