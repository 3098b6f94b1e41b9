#pragma once

#include "symphony/core/time.hpp"

#include <string>

namespace symphony {

/// A length of time for people: "250ms", "1.5s", "30s", "5m", "2h". Rounded up to milliseconds.
[[nodiscard]] std::string duration_text(duration d);

}  // namespace symphony
