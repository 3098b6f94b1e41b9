#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace symphony::test_support {

namespace rights_detail {

// The rest of the line of docs/rate-limits.md that begins so.
inline std::string rest_of_line(std::string_view beginning) {
    std::ifstream file(SYMPHONY_DOCS "/rate-limits.md");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(beginning)) return line.substr(beginning.size());
    }
    throw std::runtime_error("docs/rate-limits.md has no line '" + std::string(beginning) + "'");
}

}  // namespace rights_detail

/// What docs/rate-limits.md gives Redis's user "symphony" for rate limits: "~symphony:* +eval …".
[[nodiscard]] inline std::string documented_rights() {
    return rights_detail::rest_of_line("user symphony on >PASSWORD ");
}

/// What it adds for that key of the configuration: " +select".
[[nodiscard]] inline std::string documented_rights_for(const std::string& key) {
    const std::string rest = rights_detail::rest_of_line("# " + key + ":");
    return " " + rest.substr(rest.find('+'));
}

}  // namespace symphony::test_support
