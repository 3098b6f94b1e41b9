#include "call/rate_limit_field.hpp"

#include "call/hint_values.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace symphony {

namespace {

using number = std::optional<std::uint64_t>;

// One member of a list or a dictionary. `name` is the string it begins with, quotes included;
// `rest` what follows that, or the whole member.
struct list_member {
    std::string_view name;
    std::string_view rest;
};

// Commas inside a string do not count.
template <class Each>
void for_each_member(std::string_view value, Each&& each) noexcept {
    bool quoted = false;
    std::size_t start = 0;
    std::size_t name_end = 0;
    const auto take = [&](std::size_t end) {
        const bool has_string = name_end > start;
        const std::size_t from = has_string ? name_end : start;
        const auto before = trim_blanks(value.substr(start, from - start));
        each(list_member{before.starts_with('"') ? before : std::string_view(),
                         value.substr(from, end - from)},
             has_string);
        start = end + 1;
    };
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (quoted && value[i] == '\\') {
            ++i;
        } else if (value[i] == '"') {
            quoted = !quoted;
            if (!quoted) name_end = i + 1;
        } else if (!quoted && value[i] == ',') {
            take(i);
        }
    }
    if (start <= value.size()) take(value.size());
}

// Of ;r=50;t=30 what follows `key`, which ends with the equals sign.
number parameter(std::string_view rest, std::string_view key) noexcept {
    number found;
    while (!rest.empty()) {
        const auto semicolon = rest.find(';');
        const auto part = trim_blanks(rest.substr(0, semicolon));
        rest =
            semicolon == std::string_view::npos ? std::string_view() : rest.substr(semicolon + 1);
        if (part.starts_with(key)) found = parse_digits(part.substr(key.size()));
    }
    return found;
}

std::optional<duration> in_seconds(number count) noexcept {
    if (!count) return std::nullopt;
    return capped_seconds(*count);
}

std::optional<duration> window_of(std::string_view name, const headers& fields) noexcept {
    std::optional<duration> window;
    if (name.empty()) return window;
    for (const header_view field : fields) {
        if (!iequals(field.name, "ratelimit-policy")) continue;
        for_each_member(field.value, [&](const list_member& policy, bool) {
            if (policy.name != name) return;
            const auto told = in_seconds(parameter(policy.rest, "w="));
            if (told) window = std::max(window.value_or(*told), *told);
        });
    }
    if (window) window = std::min(*window, longest_guess);
    return window;
}

// remaining=50 or reset=30, perhaps with parameters, which say nothing here.
void note_entry(std::string_view entry, number& remaining, number& reset) noexcept {
    constexpr std::string_view remaining_key = "remaining=";
    constexpr std::string_view reset_key = "reset=";
    entry = trim_blanks(entry.substr(0, entry.find(';')));
    if (entry.starts_with(remaining_key)) {
        remaining = parse_digits(entry.substr(remaining_key.size()));
    } else if (entry.starts_with(reset_key)) {
        reset = parse_digits(entry.substr(reset_key.size()));
    }
}

}  // namespace

// Which of the two forms it is need not be asked: neither has a member that means something in the
// other.
void note_rate_limit(std::string_view value, const headers& fields, unsigned& look_ups,
                     limit_hint& into) noexcept {
    number remaining;
    number reset;
    for_each_member(value, [&](const list_member& member, bool has_string) {
        if (!has_string) note_entry(member.rest, remaining, reset);
        const number left = parameter(member.rest, "r=");
        if (!left) return;
        auto full_in = in_seconds(parameter(member.rest, "t="));
        if (!full_in && look_ups > 0) {
            --look_ups;
            full_in = window_of(member.name, fields);
        }
        into.note(*left, full_in);
    });
    if (remaining) into.note(*remaining, in_seconds(reset));
}

}  // namespace symphony
