#pragma once

#include "net/server_date.hpp"
#include "net/turn_end.hpp"
#include "symphony/net/http_server.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace symphony::net::detail {

class server_connection;

/// What all connections of a server share. It outlives the server object for as long as a handler
/// runs; once `stopped`, neither the clock nor the timers are touched any more.
struct server_core {
    server_core(boost::asio::any_io_executor on, const clock& clock_used, timers& timers_used,
                http_server::handler handler, server_options opts)
        : executor(std::move(on)),
          time(clock_used),
          wakeups(timers_used),
          on_request(std::move(handler)),
          options(std::move(opts)),
          date(clock_used),
          turns(executor) {}

    boost::asio::any_io_executor executor;
    const clock& time;
    timers& wakeups;
    http_server::handler on_request;
    server_options options;
    date_cache date;
    turn_end turns;
    std::vector<server_connection*> connections;
    std::size_t under_way = 0;  ///< requests of HTTP/1.1
    bool draining = false;
    bool stopped = false;
};

}  // namespace symphony::net::detail
