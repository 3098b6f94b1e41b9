#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/random.hpp"
#include "symphony/core/result.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/store/circuit_store.hpp"
#include "symphony/store/redis_options.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace symphony {

/// Shared circuits in Redis 5 or later, on the executor's one thread. Connects when first used.
/// `time`, `wakeups` and `chance` have to outlive the store. Errors: options that contradict each
/// other (`invalid_request`), a CA file that cannot be read (`tls_failed`).
///
/// A circuit is the keys `symphony:{KEY}:cb`, and that with `:broken`, `:sound` and `:failed`,
/// which expire by themselves.
[[nodiscard]] result<std::unique_ptr<circuit_store>> make_redis_circuit_store(
    const redis_options& options, boost::asio::any_io_executor executor, const clock& time,
    timers& wakeups, random_source& chance);

}  // namespace symphony
