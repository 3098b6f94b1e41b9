#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/net_options.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace symphony::net::detail {

/// What `make_tls_client` makes, with ALPN "http/1.1". Errors: as there.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    const tls_options& options);

}  // namespace symphony::net::detail
