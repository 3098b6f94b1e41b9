#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace symphony {

/// A variable of the process's environment. Thread-safe as long as nobody changes the environment.
[[nodiscard]] std::optional<std::string> process_variable(std::string_view name);

}  // namespace symphony
