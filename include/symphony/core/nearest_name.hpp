#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace symphony {

/// Edits between two texts, neighbours swapped counting as one (Damerau-Levenshtein, optimal string
/// alignment); case does not count.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name that was probably meant, or "" when none is near: at most one edit for every three
/// characters of the longer, and three in all. Where one begins with the other ("warning", "warn"),
/// up to three characters may be missing. Numbers are not misspelt: what has no letter is near to
/// nothing.
[[nodiscard]] std::string_view nearest_name(std::string_view given,
                                            std::span<const std::string_view> names);

}  // namespace symphony
