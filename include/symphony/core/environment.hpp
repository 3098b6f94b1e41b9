#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace symphony {

/// Looks up an environment variable.
using environment = std::function<std::optional<std::string>(std::string_view name)>;

/// A variable of the process's environment. Thread-safe as long as nobody changes the environment.
[[nodiscard]] std::optional<std::string> process_variable(std::string_view name);

}  // namespace symphony
