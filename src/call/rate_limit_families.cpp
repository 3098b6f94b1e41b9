#include "call/rate_limit_families.hpp"

#include "call/hint_values.hpp"

#include <array>

namespace symphony {

namespace {

struct family {
    limit_field kind;
    std::string_view remaining;
    std::string_view reset;
    reset_form wait;
    bool counts_calls = true;  // else tokens
};
constexpr std::array<family, 10> families{{
    {limit_field::ietf_draft, "ratelimit-remaining", "ratelimit-reset", number_wait},
    {limit_field::x_rate_limit, "x-ratelimit-remaining", "x-ratelimit-reset", number_wait},
    {limit_field::x_rate_limit, "x-rate-limit-remaining", "x-rate-limit-reset", number_wait},
    {limit_field::x_rate_limit, "x-ratelimit-remaining", "x-ratelimit-reset-after", number_wait},
    // OpenAI, and the many that speak like it.
    {limit_field::x_rate_limit, "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
     length_wait},
    {limit_field::x_rate_limit, "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
     length_wait, false},
    {limit_field::anthropic, "anthropic-ratelimit-requests-remaining",
     "anthropic-ratelimit-requests-reset", timestamp_wait},
    {limit_field::anthropic, "anthropic-ratelimit-tokens-remaining",
     "anthropic-ratelimit-tokens-reset", timestamp_wait, false},
    {limit_field::anthropic, "anthropic-ratelimit-input-tokens-remaining",
     "anthropic-ratelimit-input-tokens-reset", timestamp_wait, false},
    {limit_field::anthropic, "anthropic-ratelimit-output-tokens-remaining",
     "anthropic-ratelimit-output-tokens-reset", timestamp_wait, false},
}};

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
    return name.size() >= prefix.size() && iequals(name.substr(0, prefix.size()), prefix);
}

}  // namespace

limit_field limit_field_of(std::string_view name) noexcept {
    constexpr std::string_view bare = "ratelimit";
    if (name.size() < bare.size()) return limit_field::none;
    switch (name[0]) {
        case 'r':
        case 'R':
            if (iequals(name, "retry-after")) return limit_field::retry_after;
            if (iequals(name, bare)) return limit_field::rate_limit;
            if (begins_with(name, "ratelimit-")) return limit_field::ietf_draft;
            break;
        case 'x':
        case 'X':
            if (begins_with(name, "x-ratelimit-") || begins_with(name, "x-rate-limit-")) {
                return limit_field::x_rate_limit;
            }
            break;
        case 'a':
        case 'A':
            if (begins_with(name, "anthropic-ratelimit-")) return limit_field::anthropic;
            break;
        default:
            break;
    }
    return limit_field::none;
}

void note_families(int status, const headers& fields, unsigned seen, wall_time now,
                   limit_hint& into) noexcept {
    for (const family& names : families) {
        if ((seen & static_cast<unsigned>(names.kind)) == 0) continue;
        const auto remaining = fields.get(names.remaining);
        auto left = remaining ? parse_digits(trim_blanks(*remaining)) : std::nullopt;
        if (!left && status == 429) left = 0;
        if (!left || (*left > 0 && !names.counts_calls)) continue;
        const auto reset = fields.get(names.reset);
        into.note(*left, reset ? names.wait(*reset, now) : std::nullopt);
    }
}

}  // namespace symphony
