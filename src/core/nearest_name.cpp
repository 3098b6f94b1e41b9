#include "symphony/core/nearest_name.hpp"

#include <algorithm>
#include <vector>

namespace symphony {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool is_letter(char c) noexcept {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

// Those of a tool and its endpoint with a dot between.
constexpr std::size_t longest_name = 64 + 1 + 64;
constexpr std::size_t most_edits = 3;
constexpr std::size_t shortest_stem = 3;

// How far a name of that length may be away from what was given and still be what was meant. Of two
// characters neither may be wrong.
std::size_t most_distance(std::string_view given, std::string_view name) noexcept {
    const std::size_t length = std::max(given.size(), name.size());
    const std::size_t shared = std::min(given.size(), name.size());
    const bool same_start =
        std::ranges::equal(given.substr(0, shared), name.substr(0, shared), {}, lower, lower);
    if (same_start && shared >= shortest_stem) return most_edits;
    if (length < 3) return 0;
    return std::min(most_edits, std::max<std::size_t>(1, length / 3));
}

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
    if (given.size() > longest_name || std::ranges::none_of(given, is_letter)) return {};
    std::string_view best;
    std::size_t least = most_edits + 1;
    for (const std::string_view name : names) {
        const std::size_t distance = edit_distance(given, name);
        if (distance < least && distance <= most_distance(given, name)) {
            least = distance;
            best = name;
        }
    }
    return best;
}

}  // namespace symphony
