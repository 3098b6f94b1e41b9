#include "symphony/core/environment.hpp"

#include <cstdlib>

namespace symphony {

std::optional<std::string> process_variable(std::string_view name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

}  // namespace symphony
