#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <stdio.h>
#include <unistd.h>

namespace symphony::cli {

bool is_terminal(std::FILE* stream) {
    const char* term = std::getenv("TERM");
    return isatty(fileno(stream)) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

bool wants_colour(std::FILE* stream) {
    const char* no_colour = std::getenv("NO_COLOR");
    return is_terminal(stream) && (no_colour == nullptr || *no_colour == '\0');
}

std::string painted(std::string_view text, colour c, bool use) {
    if (!use) return std::string(text);
    int code = 1;
    switch (c) {
        case colour::red:
            code = 31;
            break;
        case colour::green:
            code = 32;
            break;
        case colour::yellow:
            code = 33;
            break;
        case colour::cyan:
            code = 36;
            break;
        case colour::bold:
            code = 1;
            break;
    }
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void complain(std::string_view message) {
    const bool paint = wants_colour(stderr);
    fmt::print(stderr, "{} {}\n", painted("symphony:", colour::red, paint), message);
    std::fflush(stderr);
}

}  // namespace symphony::cli
