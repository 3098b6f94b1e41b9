#include "call/http_hints.hpp"

#include "call/hint_values.hpp"
#include "call/rate_limit_families.hpp"

#include <algorithm>
#include <cstdint>

namespace symphony {

namespace {

void keep_longest(std::optional<duration>& longest, std::optional<duration> wait) noexcept {
    if (wait && (!longest || *wait > *longest)) longest = wait;
}

// What remains of one budget and when it is full again; only a used-up one is a wait.
struct budget_left {
    std::optional<std::uint64_t> remaining;
    std::optional<std::uint64_t> reset;

    [[nodiscard]] std::optional<duration> wait() const noexcept {
        if (!remaining || *remaining != 0 || !reset) return std::nullopt;
        return capped_seconds(*reset);
    }
};

// One member of the list, without its name: ;r=50;t=30.
budget_left list_member(std::string_view member) noexcept {
    budget_left left;
    while (!member.empty()) {
        const auto semicolon = member.find(';');
        const auto part = trim_blanks(member.substr(0, semicolon));
        member =
            semicolon == std::string_view::npos ? std::string_view{} : member.substr(semicolon + 1);
        if (part.starts_with("r=")) left.remaining = parse_digits(part.substr(2));
        if (part.starts_with("t=")) left.reset = parse_digits(part.substr(2));
    }
    return left;
}

// One member of the dictionary, remaining=50 or reset=30, perhaps with parameters, which say
// nothing here.
void dictionary_member(std::string_view member, budget_left& left) noexcept {
    constexpr std::string_view remaining = "remaining=";
    constexpr std::string_view reset = "reset=";
    member = trim_blanks(member.substr(0, member.find(';')));
    if (member.starts_with(remaining)) {
        left.remaining = parse_digits(member.substr(remaining.size()));
    } else if (member.starts_with(reset)) {
        left.reset = parse_digits(member.substr(reset.size()));
    }
}

// The list of today's draft, "a";r=0;t=30, "b";r=5;t=9, has a budget in each member; the dictionary
// of earlier ones, limit=10, remaining=0, reset=30, is one budget. Which of them it is need not be
// asked: neither has a member that means something in the other. Commas and semicolons inside the
// quoted policy name do not count.
std::optional<duration> rate_limit_wait(std::string_view value) noexcept {
    std::optional<duration> longest;
    budget_left whole;
    bool quoted = false;
    std::size_t start = 0;
    std::size_t name_end = 0;
    const auto take = [&](std::size_t end) {
        if (name_end <= start) dictionary_member(value.substr(start, end - start), whole);
        const std::size_t from = std::max(start, name_end);
        keep_longest(longest, list_member(value.substr(from, end - from)).wait());
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
    keep_longest(longest, whole.wait());
    return longest;
}

// Runs for every answer; most say nothing of limits.
unsigned limit_fields(const headers& fields) noexcept {
    unsigned seen = 0;
    for (const header_view field : fields)
        seen |= static_cast<unsigned>(limit_field_of(field.name));
    return seen;
}

}  // namespace

std::optional<duration> parse_retry_after(std::string_view value, wall_time now) noexcept {
    value = trim_blanks(value);
    if (const auto number = parse_rounded_up(value)) return capped_seconds(*number);
    const auto at = parse_http_date(value);
    if (!at) return std::nullopt;
    return std::clamp<duration>(*at - now, duration::zero(), longest_hint);
}

std::optional<duration> server_hint(int status, const headers& fields, const clock& time) noexcept {
    const unsigned seen = limit_fields(fields);
    if (seen == 0) return std::nullopt;
    const wall_time now = time.wall_now();
    std::optional<duration> longest = families_wait(status, fields, seen, now);
    constexpr auto single = static_cast<unsigned>(limit_field::retry_after) |
                            static_cast<unsigned>(limit_field::rate_limit);
    if ((seen & single) == 0) return longest;
    for (const header_view field : fields) {
        const limit_field kind = limit_field_of(field.name);
        if (kind == limit_field::rate_limit) {
            keep_longest(longest, rate_limit_wait(field.value));
        } else if (kind == limit_field::retry_after && (status == 429 || status == 503)) {
            keep_longest(longest, parse_retry_after(field.value, now));
        }
    }
    return longest;
}

}  // namespace symphony
