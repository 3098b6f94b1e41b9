#pragma once

#include "store/redis_commands.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/core/random.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/net/io_hook.hpp"
#include "symphony/store/redis_options.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace symphony::detail {

/// Redis as `options` describe it; connects when it is first used. Errors: `tls_failed` for a CA
/// file that cannot be read, `invalid_request` for options that contradict each other.
///
/// For the executor's one thread. May be destroyed at any time: commands under way end `cancelled`,
/// and what was passed here, beside the executor, is not touched again.
[[nodiscard]] result<std::unique_ptr<redis_commands>> make_redis_commands(
    const redis_options& options, boost::asio::any_io_executor executor, const clock& time,
    timers& wakeups, random_source& chance, net::io_hook* hook = nullptr);

}  // namespace symphony::detail
