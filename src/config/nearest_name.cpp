#include "config/nearest_name.hpp"

#include <algorithm>
#include <vector>

namespace symphony::detail {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr std::size_t longest_name = 64;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string_view nearest_name(std::string_view given, std::span<const std::string_view> names) {
    if (given.size() > longest_name) return {};
    std::string_view best;
    std::size_t least = given.size() / 3 + 2;
    for (const std::string_view name : names) {
        const std::size_t distance = edit_distance(given, name);
        // A name that shares nothing with what was given is no suggestion.
        if (distance < least && distance < std::min(given.size(), name.size())) {
            least = distance;
            best = name;
        }
    }
    return best;
}

}  // namespace symphony::detail
