#pragma once

#include "symphony/config/load.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace symphony::detail {

/// A value with its `${…}` replaced.
struct expansion {
    std::string text;
    bool expanded = false;                ///< something was replaced: never quote it
    std::vector<std::string> problems{};  ///< what could not be, in words without any value
};

/// Replaces `${VAR}`, `${VAR:-default}` and `${file:PATH}`; `$${` is a literal `${`. What is put in
/// is not looked at again. Relative paths start at `directory`.
[[nodiscard]] expansion expand(std::string_view text, const environment& env,
                               const std::string& directory);

/// `text` as people may see it: stars in place of each `${file:PATH}`. Only of text that expands.
[[nodiscard]] std::string expand_shown(std::string_view text, const environment& env,
                                       const std::string& directory);

/// Whether `expand` would read a file.
[[nodiscard]] bool uses_file(std::string_view text);

/// `path` seen from `directory`.
[[nodiscard]] std::string resolve_path(const std::string& directory, std::string_view path);

}  // namespace symphony::detail
