#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::cli {

/// The candidate nearest to `word` (Levenshtein), if it is near enough to be what was meant.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& candidates);

}  // namespace symphony::cli
