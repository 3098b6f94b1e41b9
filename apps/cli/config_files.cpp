#include "cli/config_files.hpp"

#include "cli/terminal.hpp"

#include <fmt/format.h>

namespace symphony::cli {

std::optional<file_options> load_or_complain(const std::string& given, const environment& env) {
    const auto file = find_config(given.empty() ? std::nullopt : std::optional(given), env);
    if (!file) {
        complain("no configuration: give -c FILE, set SYMPHONY_CONFIG or write symphony.yaml here");
        return std::nullopt;
    }
    auto loaded = load_config(*file, env);
    if (loaded) return std::move(*loaded);
    for (const config_fault& fault : loaded.error())
        complain(to_string(fault));
    const std::size_t count = loaded.error().size();
    complain(fmt::format("{} {} in {}", count, count == 1 ? "error" : "errors", *file));
    return std::nullopt;
}

}  // namespace symphony::cli
