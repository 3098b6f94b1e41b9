#pragma once

#include "symphony/core/result.hpp"
#include "symphony/core/secret.hpp"
#include "symphony/core/url.hpp"
#include "symphony/net/proxy_options.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace symphony::net {

/// A forward proxy for HTTP (RFC 9110, 7.6 and 9.3.6).
struct proxy_server {
    std::string host;
    std::uint16_t port = 0;
    std::string authority;   ///< `host:port`, for messages
    secret authorization{};  ///< the value of Proxy-Authorization; empty: none
};

/// The proxy on the way to `destination`, if any. Errors: `invalid_request` with a message that
/// never repeats what was given.
[[nodiscard]] result<std::optional<proxy_server>> proxy_for(const url& destination,
                                                            const proxy_options& options);

}  // namespace symphony::net
