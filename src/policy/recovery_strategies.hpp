#pragma once

#include "symphony/policy/circuit_breaker_options.hpp"
#include "symphony/policy/recovery_strategy.hpp"

#include <cstdint>
#include <memory>

namespace symphony::detail {

/// The strategy of possible options.
[[nodiscard]] std::shared_ptr<const recovery_strategy> strategy_of(
    const circuit_breaker_options& options) noexcept;

/// How many probes may be out at a time.
[[nodiscard]] std::uint32_t most_probes_of(const circuit_breaker_options& options) noexcept;

}  // namespace symphony::detail
