#include "symphony/config/load.hpp"
#include "symphony/core/environment.hpp"

#include <filesystem>

namespace symphony {

environment process_environment() {
    return [](std::string_view name) { return process_variable(name); };
}

std::optional<std::string> find_config(const std::optional<std::string>& given,
                                       const environment& env) {
    if (given) return given;
    if (auto named = env ? env("SYMPHONY_CONFIG") : std::nullopt; named && !named->empty()) {
        return named;
    }
    for (const char* name : {"symphony.yaml", "symphony.yml", "symphony.json"}) {
        std::error_code failed;
        if (std::filesystem::is_regular_file(name, failed)) return name;
    }
    return std::nullopt;
}

}  // namespace symphony
