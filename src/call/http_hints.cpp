#include "call/http_hints.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace symphony {

namespace {

using std::chrono::seconds;

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// Whole digits only; a number too large for 64 bits is still a number: the largest one.
std::optional<std::uint64_t> parse_digits(std::string_view text) noexcept {
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() ? number : UINT64_MAX;
}

duration capped_seconds(std::uint64_t count) noexcept {
    constexpr auto most = std::chrono::duration_cast<seconds>(longest_hint).count();
    return seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(count, most)));
}

// Some APIs send fractions ("0.57"): rounded up, since a wait rounded down is refused again.
std::optional<std::uint64_t> parse_seconds(std::string_view text) noexcept {
    text = trim(text);
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return parse_digits(text);
    const auto whole =
        dot == 0 ? std::optional<std::uint64_t>(0) : parse_digits(text.substr(0, dot));
    const auto fraction = text.substr(dot + 1);
    if (!whole || !parse_digits(fraction)) return std::nullopt;
    const bool any = std::ranges::any_of(fraction, [](char c) { return c != '0'; });
    return any && *whole != UINT64_MAX ? *whole + 1 : *whole;
}

std::optional<duration> reset_wait(std::string_view text, wall_time now) noexcept {
    constexpr std::uint64_t epoch_from = 1'000'000'000;
    const auto number = parse_seconds(text);
    if (!number) return std::nullopt;
    if (*number <= epoch_from) return capped_seconds(*number);
    constexpr std::uint64_t year_2200 = 7'258'118'400;
    const wall_time at{seconds(static_cast<std::int64_t>(std::min(*number, year_2200)))};
    return std::clamp<duration>(at - now, duration::zero(), longest_hint);
}

// One member of the RateLimit list: "name";r=50;t=30. Only a used-up budget (r=0) is a wait.
std::optional<duration> member_wait(std::string_view member) noexcept {
    std::optional<std::uint64_t> remaining;
    std::optional<std::uint64_t> reset;
    while (!member.empty()) {
        const auto semicolon = member.find(';');
        const auto part = trim(member.substr(0, semicolon));
        member =
            semicolon == std::string_view::npos ? std::string_view{} : member.substr(semicolon + 1);
        if (part.starts_with("r=")) remaining = parse_digits(part.substr(2));
        if (part.starts_with("t=")) reset = parse_digits(part.substr(2));
    }
    if (!remaining || *remaining != 0 || !reset) return std::nullopt;
    return capped_seconds(*reset);
}

// Commas and semicolons inside the quoted policy name do not count.
std::optional<duration> rate_limit_wait(std::string_view value) noexcept {
    std::optional<duration> longest;
    bool quoted = false;
    std::size_t start = 0;
    std::size_t name_end = 0;
    const auto take = [&](std::size_t end) {
        const std::size_t from = std::max(start, name_end);
        const auto wait = member_wait(value.substr(from, end - from));
        if (wait && (!longest || *wait > *longest)) longest = wait;
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
    return longest;
}

struct family {
    std::string_view remaining;
    std::string_view reset;
};
constexpr std::array<family, 4> families{{
    {"ratelimit-remaining", "ratelimit-reset"},
    {"x-ratelimit-remaining", "x-ratelimit-reset"},
    {"x-rate-limit-remaining", "x-rate-limit-reset"},
    {"x-ratelimit-remaining", "x-ratelimit-reset-after"},
}};

void keep_longest(std::optional<duration>& longest, std::optional<duration> wait) noexcept {
    if (wait && (!longest || *wait > *longest)) longest = wait;
}

bool mentions_limits(header_view field) noexcept {
    const auto name = field.name;
    return name.size() >= 9 &&
           (name[0] == 'r' || name[0] == 'R' || name[0] == 'x' || name[0] == 'X');
}

}  // namespace

std::optional<duration> parse_retry_after(std::string_view value, wall_time now) noexcept {
    value = trim(value);
    if (const auto number = parse_seconds(value)) return capped_seconds(*number);
    const auto at = parse_http_date(value);
    if (!at) return std::nullopt;
    return std::clamp<duration>(*at - now, duration::zero(), longest_hint);
}

std::optional<duration> server_hint(int status, const headers& fields, const clock& time) noexcept {
    if (std::ranges::none_of(fields, mentions_limits)) return std::nullopt;
    const wall_time now = time.wall_now();
    std::optional<duration> longest;
    bool limits = false;
    for (const header_view field : fields) {
        if (!mentions_limits(field)) continue;
        if (iequals(field.name, "retry-after")) {
            if (status == 429 || status == 503) {
                keep_longest(longest, parse_retry_after(field.value, now));
            }
        } else if (iequals(field.name, "ratelimit")) {
            keep_longest(longest, rate_limit_wait(field.value));
        } else {
            limits = true;
        }
    }
    if (!limits) return longest;
    for (const family& names : families) {
        const auto remaining = fields.get(names.remaining);
        const auto left = remaining ? parse_digits(trim(*remaining)) : std::nullopt;
        const bool used_up = left ? *left == 0 : status == 429;
        if (!used_up) continue;
        if (const auto reset = fields.get(names.reset)) {
            keep_longest(longest, reset_wait(*reset, now));
        }
    }
    return longest;
}

}  // namespace symphony
