#include "store/redis_socket.hpp"

#include "symphony/net/tls_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using net::io_operation;

namespace {

constexpr std::size_t receive_bytes = std::size_t{16} << 10;
constexpr std::size_t most_path_bytes = 107;  // what the address of a Unix socket has room for
constexpr auto as_value = asio::as_tuple(asio::deferred);

}  // namespace

std::string redis_endpoint::name() const {
    if (!unix_socket.empty()) return unix_socket;
    const bool v6 = address.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

error redis_error(std::string message, std::string remote) {
    error made;
    made.kind = error_kind::store_unavailable;
    made.message = std::move(message);
    made.remote = std::move(remote);
    return made;
}

redis_socket::redis_socket(std::shared_ptr<redis_core> core, redis_endpoint where,
                           std::shared_ptr<const redis_tls> tls)
    : core_(std::move(core)),
      where_(std::move(where)),
      name_(where_.name()),
      tls_settings_(std::move(tls)),
      socket_(core_->executor),
      resolver_(core_->executor),
      input_(std::make_unique_for_overwrite<char[]>(receive_bytes)) {}

asio::awaitable<result<void>> redis_socket::open() {
    const auto self = shared_from_this();
    result<endpoints> found = co_await resolve();
    if (!found) co_return std::unexpected(std::move(found.error()));
    result<void> done = co_await connect(std::move(*found));
    if (done && tls_settings_->context) done = co_await shake_hands();
    co_return done;
}

asio::awaitable<result<redis_socket::endpoints>> redis_socket::resolve() {
    endpoints found;
    if (!where_.unix_socket.empty()) {
        if (where_.unix_socket.size() > most_path_bytes) {
            co_return std::unexpected(
                redis_error(fmt::format("the path of the Redis socket {} is too long", name_)));
        }
        found.emplace_back(asio::local::stream_protocol::endpoint(where_.unix_socket));
        co_return found;
    }
    error_code fault;
    const auto literal = asio::ip::make_address(where_.address.host, fault);
    if (!fault) {
        found.emplace_back(tcp::endpoint(literal, where_.address.port));
        co_return found;
    }
    const std::string port = std::to_string(where_.address.port);
    tcp::resolver::results_type named;
    if (core_->fails(io_operation::resolve)) {
        fault = asio::error::host_not_found;
    } else {
        std::tie(fault, named) = co_await resolver_.async_resolve(
            where_.address.host, port, tcp::resolver::numeric_service, as_value);
    }
    if (fault || closed_) {
        co_return std::unexpected(redis_error(
            fmt::format("the host name of Redis at {} did not resolve", name_), fault.message()));
    }
    for (const auto& entry : named)
        found.emplace_back(entry.endpoint());
    co_return found;
}

// One address after the other, as the resolver ordered them (RFC 6724).
asio::awaitable<result<void>> redis_socket::connect(endpoints to) {
    error_code fault = asio::error::host_not_found;
    for (const auto& address : to) {
        error_code ignored;
        socket_.close(ignored);
        if (core_->fails(io_operation::connect)) {
            fault = asio::error::connection_refused;
        } else {
            std::tie(fault) = co_await socket_.async_connect(address, as_value);
        }
        if (closed_) fault = asio::error::operation_aborted;
        if (!fault || closed_) break;
    }
    if (fault) {
        co_return std::unexpected(
            redis_error(fmt::format("no connection to Redis at {}", name_), fault.message()));
    }
    if (where_.unix_socket.empty()) socket_.set_option(tcp::no_delay(true), fault);
    socket_.non_blocking(true, fault);
    co_return result<void>();
}

asio::awaitable<result<void>> redis_socket::shake_hands() {
    const std::string& name =
        tls_settings_->server_name.empty() ? where_.address.host : tls_settings_->server_name;
    tls_.emplace(socket_, *tls_settings_->context);
    if (!net::expect_tls_server(tls_->native_handle(), name)) {
        co_return std::unexpected(redis_error(
            fmt::format("'{}', the name of Redis at {}, cannot be verified", name, name_)));
    }
    error_code fault = asio::error::connection_reset;
    if (!core_->fails(io_operation::handshake)) {
        std::tie(fault) = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_value);
    }
    if (closed_) fault = asio::error::operation_aborted;
    if (fault) {
        error why = net::tls_failure(tls_->native_handle(), fault, "Redis at " + name_);
        why.kind = error_kind::store_unavailable;
        co_return std::unexpected(std::move(why));
    }
    co_return result<void>();
}

asio::awaitable<result<void>> redis_socket::send(std::string_view bytes) {
    const auto self = shared_from_this();
    error_code fault;
    if (core_->fails(io_operation::write)) {
        fault = asio::error::broken_pipe;
    } else if (tls_) {
        std::tie(fault, std::ignore) =
            co_await asio::async_write(*tls_, asio::buffer(bytes), as_value);
    } else {
        std::tie(fault, std::ignore) =
            co_await asio::async_write(socket_, asio::buffer(bytes), as_value);
    }
    if (closed_ && !fault) fault = asio::error::operation_aborted;
    if (fault) co_return std::unexpected(lost(fault));
    co_return result<void>();
}

result<void> redis_socket::send_now(std::string_view& bytes) {
    if (tls_) return {};
    error_code fault;
    if (core_->fails(io_operation::write)) return std::unexpected(lost(asio::error::broken_pipe));
    const std::size_t sent = socket_.write_some(asio::buffer(bytes), fault);
    if (fault == asio::error::would_block || fault == asio::error::try_again) return {};
    if (fault) return std::unexpected(lost(fault));
    bytes.remove_prefix(sent);
    return {};
}

asio::awaitable<result<void>> redis_socket::receive() {
    const auto self = shared_from_this();
    const auto room = asio::buffer(input_.get(), receive_bytes);
    error_code fault;
    std::size_t size = 0;
    if (core_->fails(io_operation::read)) {
        fault = asio::error::connection_reset;
    } else if (tls_) {
        std::tie(fault, size) = co_await tls_->async_read_some(room, as_value);
    } else {
        std::tie(fault, size) = co_await socket_.async_read_some(room, as_value);
    }
    if (closed_ && !fault) fault = asio::error::operation_aborted;
    if (fault) co_return std::unexpected(lost(fault));
    if (!replies_.feed(std::string_view(input_.get(), size))) {
        co_return std::unexpected(not_redis());
    }
    co_return result<void>();
}

asio::awaitable<result<std::vector<redis_reply>>> redis_socket::exchange(std::string_view bytes,
                                                                         std::size_t replies) {
    const auto self = shared_from_this();
    result<void> done = co_await send(bytes);
    std::vector<redis_reply> all;
    while (done && all.size() < replies) {
        done = co_await receive();
        redis_reply reply;
        while (done && all.size() < replies && next(reply))
            all.push_back(std::move(reply));
        if (done && replies_broken()) done = std::unexpected(not_redis());
    }
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return all;
}

void redis_socket::close() noexcept {
    closed_ = true;
    error_code ignored;
    resolver_.cancel();
    socket_.close(ignored);
}

error redis_socket::lost(const error_code& fault) const {
    return redis_error(fmt::format("the connection to Redis at {} was lost", name_),
                       fault.message());
}

error redis_socket::not_redis() const {
    return redis_error(fmt::format("what {} answers is not Redis's protocol", name_));
}

}  // namespace symphony::detail
