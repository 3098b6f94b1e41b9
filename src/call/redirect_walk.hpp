#pragma once

#include "call/endpoint.hpp"
#include "call/shard.hpp"
#include "symphony/net/transport.hpp"

#include <boost/asio/awaitable.hpp>

namespace symphony {

/// As `transport::send_into`, and once more for each redirect that the endpoint follows; a 3xx that
/// is not followed is the answer. One deadline for all. An error after the first answer is of a
/// request that was sent, whatever came of the last. What it is given outlives it.
[[nodiscard]] boost::asio::awaitable<void> send_and_follow(net::reply& last, const endpoint& on,
                                                           const shard& where,
                                                           const net::wire_request& first,
                                                           const net::send_options& options);

}  // namespace symphony
