#pragma once

#include "symphony/config/load.hpp"

#include <optional>
#include <string>

namespace symphony::cli {

/// Finds and loads the configuration. All faults go to stderr, and nothing is returned then.
[[nodiscard]] std::optional<file_options> load_or_complain(const std::string& given,
                                                           const environment& env);

}  // namespace symphony::cli
