#include "store/redis_circuit_store.hpp"
#include "store/redis_client.hpp"
#include "store/redis_rate_store.hpp"
#include "symphony/store/redis_circuit_store.hpp"
#include "symphony/store/redis_rate_store.hpp"

#include <utility>

namespace symphony {

result<std::unique_ptr<rate_store>> make_redis_rate_store(const redis_options& options,
                                                          boost::asio::any_io_executor executor,
                                                          const clock& time, timers& wakeups,
                                                          random_source& chance) {
    auto commands =
        detail::make_redis_commands(options, std::move(executor), time, wakeups, chance);
    if (!commands) return std::unexpected(std::move(commands.error()));
    return std::make_unique<detail::redis_rate_store>(std::move(*commands), time, chance);
}

result<std::unique_ptr<circuit_store>> make_redis_circuit_store(
    const redis_options& options, boost::asio::any_io_executor executor, const clock& time,
    timers& wakeups, random_source& chance) {
    auto commands =
        detail::make_redis_commands(options, std::move(executor), time, wakeups, chance);
    if (!commands) return std::unexpected(std::move(commands.error()));
    return std::make_unique<detail::redis_circuit_store>(std::move(*commands));
}

}  // namespace symphony
