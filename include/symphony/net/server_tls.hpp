#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/net_options.hpp"
#include "symphony/net/transport.hpp"

#include <memory>

namespace symphony::net {

namespace detail {
class tls_origin;
}

/// For `server_options::tls`, of any number of servers on any threads. The files are looked at
/// again when a connection is accepted, once a second at most: changed ones hold for new
/// connections, and what is not usable changes nothing. `listener` hears of it; may be empty.
/// Errors: `tls_failed` naming the file, `invalid_request` for an unknown version.
[[nodiscard]] result<std::shared_ptr<detail::tls_origin>> make_server_tls(
    const server_tls_options& options, tls_reload_listener listener = {});

}  // namespace symphony::net
