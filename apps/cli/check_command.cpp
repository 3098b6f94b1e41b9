#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

#include <cstdio>

namespace symphony::cli {

int check_command(const settings& given) {
    const auto options = load_or_complain(given.config, process_environment());
    if (!options) return exit_usage;
    const std::string text = describe(*options);
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                         (text.ends_with('\n') || std::fputc('\n', stdout) != EOF) &&
                         std::fflush(stdout) == 0;
    if (written) return exit_ok;
    complain("standard output cannot be written");
    return exit_no_answer;
}

}  // namespace symphony::cli
