#include "call/http_hints.hpp"

#include "call/hint_values.hpp"
#include "call/rate_limit_families.hpp"
#include "call/rate_limit_field.hpp"

#include <algorithm>
#include <cstdint>

namespace symphony {

namespace {

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

void limit_hint::stay_away(std::optional<duration> length) noexcept {
    if (length && (!wait || *length > *wait)) wait = length;
}

void limit_hint::note(std::uint64_t remaining, std::optional<duration> full_in) noexcept {
    if (remaining == 0) return stay_away(full_in);
    if (!full_in || *full_in <= duration::zero()) return;
    const bool scarcer = !left || remaining < left->calls ||
                         (remaining == left->calls && *full_in > left->until_full);
    if (scarcer) left = allowance{remaining, *full_in};
}

limit_hint server_hint(int status, const headers& fields, const clock& time) noexcept {
    limit_hint found;
    const unsigned seen = limit_fields(fields);
    if (seen == 0) return found;
    const wall_time now = time.wall_now();
    note_families(status, fields, seen, now, found);
    constexpr auto single = static_cast<unsigned>(limit_field::retry_after) |
                            static_cast<unsigned>(limit_field::rate_limit);
    if ((seen & single) == 0) return found;
    unsigned look_ups = 16;  // more budgets than an API has
    for (const header_view field : fields) {
        const limit_field kind = limit_field_of(field.name);
        if (kind == limit_field::rate_limit) {
            note_rate_limit(field.value, fields, look_ups, found);
        } else if (kind == limit_field::retry_after && (status == 429 || status == 503)) {
            found.stay_away(parse_retry_after(field.value, now));
        }
    }
    return found;
}

}  // namespace symphony
