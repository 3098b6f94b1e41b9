#pragma once

#include "support/temporary_directory.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::detail {

/// The other end of a connection, on the test's own loop: says what the test tells it to. Over a
/// Unix socket, where what is sent has arrived when the call returns.
class fake_redis {
public:
    using socket_type = boost::asio::local::stream_protocol::socket;
    struct session {
        explicit session(socket_type accepted) : socket(std::move(accepted)) {}
        socket_type socket;
        std::array<char, 65'536> buffer{};
        std::string received;
        bool ended = false;
    };

    explicit fake_redis(boost::asio::io_context& loop)
        : acceptor_(loop, boost::asio::local::stream_protocol::endpoint(path())) {
        accept();
    }

    [[nodiscard]] std::string path() const { return (directory_.path() / "socket").string(); }
    [[nodiscard]] std::size_t count() const noexcept { return sessions_.size(); }
    [[nodiscard]] session& last() const { return *sessions_.back(); }
    void say(std::string_view text) const {
        boost::asio::write(last().socket, boost::asio::buffer(text));
    }

    bool greets = true;     ///< answers the first command, which is PING
    bool reads = true;      ///< takes what it is sent
    bool hangs_up = false;  ///< at once

    void read(const std::shared_ptr<session>& from) const {
        from->socket.async_read_some(
            boost::asio::buffer(from->buffer),
            [this, from](const boost::system::error_code& fault, std::size_t size) {
                from->ended = static_cast<bool>(fault);
                if (fault) return;
                const bool first = from->received.empty();
                from->received.append(from->buffer.data(), size);
                if (first && greets) boost::asio::write(from->socket, boost::asio::buffer(pong));
                if (reads) read(from);
            });
    }
    void read_on() const { read(sessions_.back()); }

private:
    static constexpr std::string_view pong = "+PONG\r\n";

    void accept() {
        acceptor_.async_accept(
            [this](const boost::system::error_code& fault, socket_type accepted) {
                if (fault) return;
                sessions_.push_back(std::make_shared<session>(std::move(accepted)));
                if (hangs_up) {
                    sessions_.back()->socket.close();
                } else {
                    read(sessions_.back());
                }
                accept();
            });
    }

    test_support::temporary_directory directory_;
    boost::asio::local::stream_protocol::acceptor acceptor_;
    std::vector<std::shared_ptr<session>> sessions_;
};

}  // namespace symphony::detail
