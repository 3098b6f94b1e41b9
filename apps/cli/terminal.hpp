#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace symphony::cli {

/// Whether `stream` is a terminal that may be moved about in (not TERM=dumb).
[[nodiscard]] bool is_terminal(std::FILE* stream);
/// A terminal, and NO_COLOR (no-color.org) is not set.
[[nodiscard]] bool wants_colour(std::FILE* stream);

enum class colour { red, green, yellow, cyan, bold };
/// `text` in that colour, or as it is.
[[nodiscard]] std::string painted(std::string_view text, colour c, bool use);

/// "symphony: MESSAGE" on stderr.
void complain(std::string_view message);

}  // namespace symphony::cli
