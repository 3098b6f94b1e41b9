#pragma once

#include "net/client_pool.hpp"
#include "net/http2_hub.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>

namespace symphony::net::detail {

/// `http_client::warm_up`. `hub`: null where only HTTP/1.1 is spoken.
[[nodiscard]] boost::asio::awaitable<result<void>> warm_up(std::shared_ptr<client_core> core,
                                                           std::shared_ptr<http2_hub> hub,
                                                           std::shared_ptr<client_pool> pool,
                                                           std::shared_ptr<const destination> where,
                                                           std::size_t count);

}  // namespace symphony::net::detail
