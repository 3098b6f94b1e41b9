#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/net_options.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <string>

namespace symphony::net::detail {

/// A client's context: the system's roots and the CA file, verification on, ALPN "http/1.1".
/// Errors: `tls_failed` naming the file, `invalid_request` for an unknown version.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    const tls_options& options);

/// Sets what one connection verifies and asks for: the host name or IP address, and SNI.
[[nodiscard]] bool expect_server(SSL* connection, const std::string& name);

/// Why a handshake failed, in words of ours: an expired certificate, an unknown CA and so on.
[[nodiscard]] error tls_failure(SSL* connection, const boost::system::error_code& fault,
                                const std::string& server);

}  // namespace symphony::net::detail
