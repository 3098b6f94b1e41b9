#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/net_options.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace symphony::net::detail {

/// What `make_tls_client` makes, with ALPN "http/1.1". Errors: as there.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    const tls_options& options);

/// Asks for HTTP/2 in the handshake (ALPN, RFC 7301): instead of HTTP/1.1 where it is demanded,
/// else before it.
void offer_protocols(SSL* connection, http_version wanted);
/// What came of it.
[[nodiscard]] bool has_agreed_on_http2(SSL* connection) noexcept;

}  // namespace symphony::net::detail
