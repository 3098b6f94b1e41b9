#pragma once

#include "symphony/core/error.hpp"

#include <boost/system/error_code.hpp>
#include <openssl/types.h>

#include <optional>
#include <string>

namespace symphony::net::detail {

/// What `fault`, met after the handshake, says about the client's certificate. In TLS 1.3 a client
/// is done before the server has judged it, so the verdict comes as the first word that is read.
[[nodiscard]] std::optional<error> refused_certificate(SSL* connection,
                                                       const boost::system::error_code& fault,
                                                       const std::string& server);

}  // namespace symphony::net::detail
