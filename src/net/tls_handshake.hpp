#pragma once

#include "net/tls_sessions.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>

namespace symphony::net::detail {

/// What is noted about one connection's TLS while OpenSSL goes about it. Outlives its SSL.
struct tls_handshake {
    /// Makes the connections of `context` note it.
    static void watch(SSL_CTX* context);
    /// Of a connection; null: nobody notes anything.
    [[nodiscard]] static tls_handshake* of(const SSL* connection) noexcept;

    /// Notes about `connection` from now on.
    void attach(SSL* connection);

    std::shared_ptr<tls_sessions> sessions{};  ///< where what the server gives is kept; may be null
    std::uint64_t revision = 0;                ///< of the files it was made with
    bool certificate_wanted = false;           ///< the server asked for the client's
    bool ticket_seen = false;                  ///< in TLS 1.3 the server is done and content
};

}  // namespace symphony::net::detail
