#pragma once

#include "store/redis_core.hpp"
#include "store/redis_protocol.hpp"
#include "symphony/net/net_options.hpp"
#include "symphony/store/redis_options.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::detail {

/// How the servers of one client are spoken to. Without a context: not encrypted.
struct redis_tls {
    std::shared_ptr<boost::asio::ssl::context> context{};
    std::string server_name{};  ///< empty: the host that is connected to
};

/// Where one server is.
struct redis_endpoint {
    redis_address address{};
    std::string unix_socket{};  ///< rules over `address`

    /// For messages: "HOST:PORT" or the path.
    [[nodiscard]] std::string name() const;
};

/// An error of the store, with what the system or the server said about it.
[[nodiscard]] error redis_error(std::string message, std::string remote = {});

/// One connection: commands out, replies in. Owned by shared pointers, since an operation under way
/// keeps it. All errors are `store_unavailable`. For one thread: one coroutine sends and one
/// receives.
class redis_socket : public std::enable_shared_from_this<redis_socket> {
public:
    redis_socket(std::shared_ptr<redis_core> core, redis_endpoint where,
                 std::shared_ptr<const redis_tls> tls);

    /// Resolves, connects and shakes hands: as long as that takes, `close` ends it.
    [[nodiscard]] boost::asio::awaitable<result<void>> open();
    /// Sends `bytes`, which the caller keeps.
    [[nodiscard]] boost::asio::awaitable<result<void>> send(std::string_view bytes);
    /// Sends what goes at once, and takes off what went: all that a socket without TLS has room
    /// for.
    [[nodiscard]] result<void> send_now(std::string_view& bytes);
    /// Waits for bytes. Errors: also for what is no reply of Redis.
    [[nodiscard]] boost::asio::awaitable<result<void>> receive();
    /// A reply that was received whole. False: none, or `replies_broken`.
    [[nodiscard]] bool next(redis_reply& into) { return replies_.next(into); }
    [[nodiscard]] bool replies_broken() const noexcept { return replies_.broken(); }
    /// Sends `bytes` and waits for so many replies.
    [[nodiscard]] boost::asio::awaitable<result<std::vector<redis_reply>>> exchange(
        std::string_view bytes, std::size_t replies);

    /// Whatever is under way ends with an error.
    void close() noexcept;

    [[nodiscard]] const redis_endpoint& where() const noexcept { return where_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] error not_redis() const;

private:
    using socket = boost::asio::generic::stream_protocol::socket;
    using endpoints = std::vector<boost::asio::generic::stream_protocol::endpoint>;

    [[nodiscard]] boost::asio::awaitable<result<endpoints>> resolve();
    [[nodiscard]] boost::asio::awaitable<result<void>> connect(endpoints to);
    [[nodiscard]] boost::asio::awaitable<result<void>> shake_hands();
    [[nodiscard]] error lost(const boost::system::error_code& fault) const;

    const std::shared_ptr<redis_core> core_;
    const redis_endpoint where_;
    const std::string name_;
    const std::shared_ptr<const redis_tls> tls_settings_;
    socket socket_;
    boost::asio::ip::tcp::resolver resolver_;
    std::optional<boost::asio::ssl::stream<socket&>> tls_;
    std::unique_ptr<char[]> input_;
    reply_reader replies_;
    bool closed_ = false;
};

}  // namespace symphony::detail
