#pragma once

#include "net/tls_files.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/net_options.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace symphony::net::detail {

/// What a server shakes hands with. `options.ca` are the authorities of its clients: empty asks for
/// no certificate. Errors: `tls_failed`, `invalid_request`.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_server_context(
    const tls_options& options, const tls_files& files);

/// The server's side of TLS on one connected socket that does not block. It reads and writes the
/// socket itself, at once or not at all; waiting is its owner's business.
class server_tls {
public:
    /// `socket` outlives it. `http2`: offered before HTTP/1.1.
    server_tls(SSL_CTX* context, int socket, bool http2);

    enum class outcome : std::uint8_t { done, wants_input, wants_room, ended };

    [[nodiscard]] outcome shake_hands() noexcept;
    /// Whether the handshake failed because the client speaks HTTP in the clear.
    [[nodiscard]] bool met_plain_http() const noexcept { return met_plain_http_; }
    /// Whether it was agreed on (ALPN).
    [[nodiscard]] bool speaks_http2() const noexcept;
    /// Whether bytes that `read` has not given yet have been received.
    [[nodiscard]] bool has_more() const noexcept { return SSL_has_pending(tls_.get()) == 1; }
    /// `done`: `size` bytes, at least one.
    [[nodiscard]] outcome read(std::span<char> room, std::size_t& size) noexcept;
    /// `done`: `size` bytes of `bytes` are on their way, at least one. After `wants_room` the same
    /// bytes have to come again, more of them or not.
    [[nodiscard]] outcome write(std::string_view bytes, std::size_t& size) noexcept;
    /// Tells the client that nothing follows, if it can be told at once.
    void say_goodbye() noexcept;

private:
    [[nodiscard]] outcome outcome_of(int returned) noexcept;

    std::unique_ptr<SSL, freed_by<SSL_free>> tls_;
    bool broken_ = false;
    bool met_plain_http_ = false;
};

}  // namespace symphony::net::detail
