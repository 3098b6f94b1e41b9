#pragma once

#include "symphony/core/time.hpp"

#include <chrono>

namespace symphony::testing {

using namespace std::chrono_literals;

/// An arbitrary beginning that is no multiple of anything, so that no test rests on alignment.
inline constexpr instant start{std::chrono::seconds(1'000'003) + duration(777)};

}  // namespace symphony::testing
