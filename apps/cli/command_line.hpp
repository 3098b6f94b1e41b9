#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace symphony::cli {

/// What the command line may say; each field belongs to the option that is defined for it.
struct settings {
    std::string config;
    std::string log_level;

    std::string target;
    std::string action = "list";
    std::string method;
    std::vector<std::string> fields;
    std::string data;
    bool has_data = false;
    bool include_head = false;
    bool as_json = false;
    std::uint32_t cost = 1;
    unsigned priority = 5;
    std::string timeout;

    std::string listen;
    std::string admin;
    bool with_demo_api = false;

    std::string shell;
};

/// The one definition of all commands and options. Help, completion and the man page are made from
/// it by walking it. A value name with '|' lists the values allowed; FILE is completed as one.
[[nodiscard]] std::unique_ptr<CLI::App> make_command_line(settings& into);

/// One option as help, completion and man page see it.
struct option_entry {
    std::vector<std::string> names;  ///< with their dashes; empty for a positional argument
    std::string value;               ///< "FILE"; empty for a flag
    std::string description;
    bool positional = false;
    bool required = false;
};
struct command_entry {
    std::string name;
    std::string description;
    std::string example;  ///< one or more command lines
    std::vector<option_entry> options;
};
[[nodiscard]] std::vector<option_entry> options_of(const CLI::App& app);
[[nodiscard]] std::vector<command_entry> commands_of(const CLI::App& app);

/// The values of a value name such as "bash|zsh|fish"; empty for a free value.
[[nodiscard]] std::vector<std::string> choices_of(const std::string& value);

/// Runs the program and returns its exit status.
[[nodiscard]] int run(int count, const char* const* arguments);

}  // namespace symphony::cli
