#pragma once

#include "call/shard.hpp"
#include "symphony/store/circuit_store.hpp"
#include "symphony/store/rate_store.hpp"
#include "symphony/store/redis_options.hpp"

#include <memory>

namespace symphony::detail {

/// The client of the budgets in Redis, for one shard.
[[nodiscard]] std::shared_ptr<rate_store> make_rate_store(const redis_options& target,
                                                          const shard& where);
/// The same of the circuits.
[[nodiscard]] std::shared_ptr<circuit_store> make_circuit_store(const redis_options& target,
                                                                const shard& where);

}  // namespace symphony::detail
