#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/random.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/net/transport.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>

namespace symphony {

/// One thread's worth of what calls run on. All of it is used from `executor` only, but for the
/// clock; it outlives every call.
struct shard {
    boost::asio::any_io_executor executor;
    const clock& time;
    timers& wakeups;
    net::transport& transport;
    random_source& random;
    std::size_t index = 0;  ///< among the shards of its client
};

}  // namespace symphony
