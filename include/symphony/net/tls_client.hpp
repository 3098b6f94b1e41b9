#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/net_options.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace symphony::net {

/// A client's TLS for protocols other than HTTP: the system's roots and the CA file, verification
/// on, no ALPN. Errors: `tls_failed` naming the file, `invalid_request` for an unknown version.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_tls_client(
    const tls_options& options);

/// Sets what one connection verifies and asks for: the host name or IP address, and SNI. False:
/// OpenSSL refuses the name.
[[nodiscard]] bool expect_tls_server(SSL* connection, const std::string& name);

/// Why a handshake failed, in words of ours: an expired certificate, an unknown CA and so on.
[[nodiscard]] error tls_failure(SSL* connection, const boost::system::error_code& fault,
                                const std::string& server);

}  // namespace symphony::net
