#pragma once

#include "symphony/net/headers.hpp"

namespace symphony::gateway {

/// Copies what may be passed on to the API: without hop-by-hop fields (RFC 9110, 7.6.1: Connection
/// and what it names, Keep-Alive, Proxy-*, TE, Trailer, Transfer-Encoding, Upgrade), without Host,
/// Content-Length and Expect, which belong to this connection, and without `symphony-*`.
[[nodiscard]] headers forwarded_request_fields(const headers& received);

/// Removes the hop-by-hop fields of an answer. Proxy-Status is end to end and stays.
void remove_hop_by_hop(headers& answer);

}  // namespace symphony::gateway
