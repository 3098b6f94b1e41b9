#pragma once

#include "cli/command_line.hpp"

#include <string>

namespace symphony::cli {

// Each command returns the program's exit status.
[[nodiscard]] int call_command(const settings& given);
[[nodiscard]] int serve_command(const settings& given);
[[nodiscard]] int check_command(const settings& given);
[[nodiscard]] int alert_command(const settings& given);
[[nodiscard]] int breakers_command(const settings& given);
[[nodiscard]] int limits_command(const settings& given);
[[nodiscard]] int demo_command();

/// The manual page in roff.
[[nodiscard]] std::string man_page(const CLI::App& app);
/// The completion script of "bash", "zsh" or "fish".
[[nodiscard]] std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace symphony::cli
