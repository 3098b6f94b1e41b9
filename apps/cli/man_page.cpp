#include "cli/commands.hpp"

#include <fmt/format.h>

namespace symphony::cli {

namespace {

// Text for roff: backslashes and dashes keep their look, a leading '.' or "'" is no request.
std::string roff(std::string_view text) {
    std::string out;
    bool line_start = true;
    for (const char c : text) {
        if (line_start && (c == '.' || c == '\'')) out += "\\&";
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
        line_start = c == '\n';
    }
    return out;
}

std::string option_heading(const option_entry& option) {
    std::string heading;
    for (const std::string& name : option.names) {
        if (!heading.empty()) heading += ", ";
        heading += fmt::format("\\fB{}\\fR", roff(name));
    }
    if (option.value.empty()) return heading;
    if (!heading.empty()) heading += ' ';
    return heading + fmt::format("\\fI{}\\fR", roff(option.value));
}

std::string option_list(const std::vector<option_entry>& options) {
    std::string out;
    for (const option_entry& option : options)
        out += fmt::format(".TP\n{}\n{}\n", option_heading(option), roff(option.description));
    return out;
}

std::string synopsis(const command_entry& command) {
    std::string line = fmt::format(".B symphony {}\n", roff(command.name));
    for (const option_entry& option : command.options) {
        if (!option.positional) continue;
        const std::string value = roff(option.value);
        line +=
            option.required ? fmt::format(".I {}\n", value) : fmt::format(".RI [ {} ]\n", value);
    }
    return line + ".RI [ options ]\n.br\n";
}

}  // namespace

std::string man_page(const CLI::App& app) {
    const std::vector<command_entry> commands = commands_of(app);
    std::string page =
        fmt::format(".TH SYMPHONY 1 \"\" \"symphony {}\" \"User Commands\"\n", SYMPHONY_VERSION);
    page += fmt::format(".SH NAME\nsymphony \\- {}\n.SH SYNOPSIS\n", roff(app.get_description()));
    for (const command_entry& command : commands)
        page += synopsis(command);
    page += ".SH OPTIONS\n" + option_list(options_of(app)) + ".SH COMMANDS\n";
    for (const command_entry& command : commands) {
        page += fmt::format(".SS symphony {}\n{}\n", roff(command.name), roff(command.description));
        page += option_list(command.options);
        page += fmt::format(".PP\nExample:\n.PP\n.EX\n{}\n.EE\n", roff(command.example));
    }
    page +=
        ".SH ENVIRONMENT\n.TP\n.B SYMPHONY_CONFIG\nThe configuration file where \\-c is not "
        "given.\n.TP\n.B NO_COLOR\nWhere set and not empty, nothing is coloured.\n";
    page +=
        ".SH EXIT STATUS\n.TP\n.B 0\nSuccess.\n.TP\n.B 1\nThe API answered with a status of "
        "400 or above.\n.TP\n.B 2\nUsage or configuration error.\n.TP\n.B 3\nRefused locally: "
        "rate limit, open circuit, concurrency, validation.\n.TP\n.B 4\nNo answer.\n.TP\n"
        ".B 130\nInterrupted.\n";
    return page;
}

}  // namespace symphony::cli
