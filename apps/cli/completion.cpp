#include "cli/commands.hpp"

#include <fmt/format.h>

namespace symphony::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> names_of(const std::vector<option_entry>& options) {
    std::vector<std::string> names;
    for (const option_entry& option : options)
        names.insert(names.end(), option.names.begin(), option.names.end());
    return names;
}

// Text inside single quotes of a shell.
std::string shell_quoted(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out;
}

// bash: one `case` per command, and one for the values of options.
std::string bash_values(const option_entry& option) {
    const std::string names = fmt::format("{}", fmt::join(option.names, "|"));
    if (option.value == "FILE")
        return fmt::format("        {}) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", names);
    const std::vector<std::string> choices = choices_of(option.value);
    if (!choices.empty())
        return fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return ;;\n",
                           names, joined(choices));
    return fmt::format("        {}) return ;;\n", names);
}

std::string bash_script(const CLI::App& app) {
    std::string out =
        "# bash completion for symphony\n_symphony() {\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local command=${COMP_WORDS[1]} words=\n";
    std::vector<std::string> top = names_of(options_of(app));
    out += "    case $command in\n";
    for (const command_entry& command : commands_of(app)) {
        top.push_back(command.name);
        std::vector<std::string> words = names_of(command.options);
        std::string values;
        for (const option_entry& option : command.options) {
            if (option.positional) {
                for (std::string& choice : choices_of(option.value))
                    words.push_back(std::move(choice));
            } else if (!option.value.empty()) {
                values += bash_values(option);
            }
        }
        out += fmt::format("    {})\n        words='{}'\n", command.name, joined(words));
        if (!values.empty()) out += "        case $prev in\n" + values + "        esac\n";
        out += "        ;;\n";
    }
    out += fmt::format("    esac\n    [ \"$COMP_CWORD\" -eq 1 ] && words='{}'\n", joined(top));
    return out +
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
           "complete -F _symphony symphony\n";
}

// zsh: _arguments specifications, one for each name of an option.
std::string zsh_action(const option_entry& option) {
    if (option.value.empty()) return "";
    const std::vector<std::string> choices = choices_of(option.value);
    if (!choices.empty()) return fmt::format(":value:({})", joined(choices));
    return option.value == "FILE" ? ":file:_files" : std::string(":value:");
}

// Where anything may stand, the empty list of choices: with no action at all zsh would show a
// message in the place of the options that fit.
std::string zsh_positional(const option_entry& option) {
    return choices_of(option.value).empty() ? ":value:()" : zsh_action(option);
}

std::string zsh_text(std::string_view description) {
    std::string out;
    for (const char c : description) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return shell_quoted(out);
}

std::string zsh_options(const std::vector<option_entry>& options) {
    std::string out;
    for (const option_entry& option : options) {
        if (option.positional) out += fmt::format(" \\\n        '{}'", zsh_positional(option));
        for (const std::string& name : option.names)
            out += fmt::format(" \\\n        '*{}[{}]{}'", name, zsh_text(option.description),
                               zsh_action(option));
    }
    return out;
}

std::string zsh_script(const CLI::App& app) {
    std::string out = "#compdef symphony\n_symphony() {\n    local -a commands\n    commands=(\n";
    const std::vector<command_entry> commands = commands_of(app);
    for (const command_entry& command : commands)
        out += fmt::format("        '{}:{}'\n", command.name, zsh_text(command.description));
    out +=
        "    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n"
        "        _arguments" +
        zsh_options(options_of(app)) +
        "\n        return\n    fi\n    local name=$words[2]\n    shift words\n"
        "    (( CURRENT-- ))\n    case $name in\n";
    for (const command_entry& command : commands)
        out += fmt::format("    {}) _arguments{} ;;\n", command.name, zsh_options(command.options));
    return out + "    esac\n}\n_symphony \"$@\"\n";
}

std::string fish_line(const std::string& condition, const option_entry& option) {
    std::string line = fmt::format("complete -c symphony -n '{}'", condition);
    for (const std::string& name : option.names) {
        if (name.starts_with("--")) {
            line += " -l " + name.substr(2);
        } else {
            line += " -s " + name.substr(1);
        }
    }
    const std::vector<std::string> choices = choices_of(option.value);
    if (!choices.empty()) {
        line += fmt::format("{} -f -a '{}'", option.positional ? "" : " -r", joined(choices));
    } else if (option.value == "FILE") {
        line += " -r -F";
    } else if (!option.value.empty() && !option.positional) {
        line += " -r -f";
    }
    return line + fmt::format(" -d '{}'\n", shell_quoted(option.description));
}

std::string fish_script(const CLI::App& app) {
    std::string out = "# fish completion for symphony\ncomplete -c symphony -f\n";
    for (const option_entry& option : options_of(app))
        out += fish_line("__fish_use_subcommand", option);
    for (const command_entry& command : commands_of(app)) {
        out += fmt::format("complete -c symphony -n __fish_use_subcommand -a {} -d '{}'\n",
                           command.name, shell_quoted(command.description));
        for (const option_entry& option : command.options)
            out += fish_line("__fish_seen_subcommand_from " + command.name, option);
    }
    return out;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
    if (shell == "zsh") return zsh_script(app);
    return shell == "fish" ? fish_script(app) : bash_script(app);
}

}  // namespace symphony::cli
