#pragma once

#include "net/tls_files.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/net_options.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace symphony::net::detail {

/// What `make_tls_client` makes, out of `files`. `trusted`: whom to trust, when that was read
/// before; the system's roots take longest.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    const tls_options& options, const tls_files& files, X509_STORE* trusted = nullptr);

/// What holds for both sides: the least version, no compression, no renegotiation. Errors:
/// `invalid_request`.
[[nodiscard]] result<void> set_common_rules(SSL_CTX* context, const tls_options& options);
/// Makes `identity`, which `files` hold, what the other side sees. Errors: `tls_failed`.
[[nodiscard]] result<void> show(SSL_CTX* context, const tls_identity& identity,
                                const tls_files& files);

/// Asks for HTTP/1.1 alone in the handshake (ALPN, RFC 7301).
void offer_http1(SSL_CTX* context);
/// Asks for HTTP/2: instead of HTTP/1.1 where it is demanded, else before it.
void offer_protocols(SSL* connection, http_version wanted);
/// What came of it.
[[nodiscard]] bool has_agreed_on_http2(SSL* connection) noexcept;

}  // namespace symphony::net::detail
