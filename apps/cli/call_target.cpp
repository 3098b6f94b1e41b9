#include "cli/call_target.hpp"

#include <algorithm>

namespace symphony::cli {

std::optional<call_target> parse_call_target(std::string_view text) {
    const auto names_end = std::min(text.find_first_of("/?"), text.size());
    const std::string_view names = text.substr(0, names_end);
    const auto dot = names.find('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == names.size()) return std::nullopt;
    return call_target{std::string(names.substr(0, dot)), std::string(names.substr(dot + 1)),
                       std::string(text.substr(names_end))};
}

}  // namespace symphony::cli
