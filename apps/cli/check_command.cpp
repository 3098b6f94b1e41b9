#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/exit_code.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace symphony::cli {

int check_command(const settings& given) {
    const auto options = load_or_complain(given.config, process_environment());
    if (!options) return exit_usage;
    const std::string text = describe(*options);
    fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
    return exit_ok;
}

}  // namespace symphony::cli
