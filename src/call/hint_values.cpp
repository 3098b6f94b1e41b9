#include "call/hint_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace symphony {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

duration until(wall_time at, wall_time now) noexcept {
    return std::clamp<duration>(at - now, duration::zero(), longest_hint);
}

struct unit {
    std::string_view name;
    std::int64_t in_ms;
};
constexpr std::array<unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

// The digits behind a point as billionths, rounded up.
std::int64_t billionths(std::string_view digits) noexcept {
    std::int64_t sum = 0;
    std::int64_t place = 100'000'000;
    for (const char c : digits.substr(0, 9)) {
        sum += (c - '0') * place;
        place /= 10;
    }
    const auto rest = digits.substr(std::min<std::size_t>(9, digits.size()));
    return sum + (std::ranges::any_of(rest, [](char c) { return c != '0'; }) ? 1 : 0);
}

// `number` may have a fraction. The cap comes before the product, so that nothing overflows.
std::optional<duration> times(std::string_view number, std::int64_t unit_in_ms) noexcept {
    const auto dot = number.find('.');
    const auto whole =
        dot == 0 ? std::optional<std::uint64_t>(0) : parse_digits(number.substr(0, dot));
    if (!whole) return std::nullopt;
    const std::int64_t most =
        std::chrono::duration_cast<milliseconds>(longest_hint).count() / unit_in_ms;
    const auto count = static_cast<std::int64_t>(std::min<std::uint64_t>(*whole, most));
    const duration sum = milliseconds(count * unit_in_ms);
    if (dot == std::string_view::npos) return sum;
    const auto fraction = number.substr(dot + 1);
    if (!parse_digits(fraction)) return std::nullopt;
    return sum + duration((billionths(fraction) * unit_in_ms + 999) / 1000);
}

}  // namespace

std::string_view trim_blanks(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> parse_digits(std::string_view text) noexcept {
    if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() ? number : UINT64_MAX;
}

// Some APIs send fractions ("0.57"): rounded up, since a wait rounded down is refused again.
std::optional<std::uint64_t> parse_rounded_up(std::string_view text) noexcept {
    text = trim_blanks(text);
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return parse_digits(text);
    const auto whole =
        dot == 0 ? std::optional<std::uint64_t>(0) : parse_digits(text.substr(0, dot));
    const auto fraction = text.substr(dot + 1);
    if (!whole || !parse_digits(fraction)) return std::nullopt;
    const bool any = std::ranges::any_of(fraction, [](char c) { return c != '0'; });
    return any && *whole != UINT64_MAX ? *whole + 1 : *whole;
}

duration capped_seconds(std::uint64_t count) noexcept {
    constexpr auto most = std::chrono::duration_cast<seconds>(longest_hint).count();
    return seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(count, most)));
}

// 10^9 seconds from now are 31 years, as epoch they were in 2001; 10^12 epoch seconds are in the
// year 33658, as milliseconds they were in 2001 too. So no value in use is on the wrong side.
std::optional<duration> number_wait(std::string_view text, wall_time now) noexcept {
    constexpr std::uint64_t epoch_above = 1'000'000'000;
    constexpr std::uint64_t milliseconds_from = 1'000'000'000'000;
    constexpr std::uint64_t year_2200 = 7'258'118'400;
    const auto number = parse_rounded_up(text);
    if (!number) return std::nullopt;
    if (*number <= epoch_above) return capped_seconds(*number);
    if (*number < milliseconds_from) {
        const seconds since(static_cast<std::int64_t>(std::min(*number, year_2200)));
        return until(wall_time(since), now);
    }
    const milliseconds since(static_cast<std::int64_t>(std::min(*number, year_2200 * 1000)));
    return until(wall_time(since), now);
}

std::optional<duration> length_wait(std::string_view text, wall_time) noexcept {
    constexpr std::string_view of_numbers = "0123456789.";
    text = trim_blanks(text);
    duration sum = duration::zero();
    // Each unit leaves only smaller ones: as many turns as there are units, at most.
    const auto* left = units.begin();
    do {
        const auto number_end = text.find_first_not_of(of_numbers);
        if (number_end == std::string_view::npos) return std::nullopt;
        const auto name_end = std::min(text.find_first_of(of_numbers, number_end), text.size());
        const auto name = text.substr(number_end, name_end - number_end);
        left = std::find_if(left, units.end(), [&](const unit& u) { return u.name == name; });
        if (left == units.end()) return std::nullopt;
        const auto part = times(text.substr(0, number_end), left->in_ms);
        if (!part) return std::nullopt;
        sum += *part;
        ++left;
        text.remove_prefix(name_end);
    } while (!text.empty());
    return std::min(sum, longest_hint);
}

std::optional<duration> timestamp_wait(std::string_view text, wall_time now) noexcept {
    const auto at = parse_timestamp(trim_blanks(text));
    if (!at) return std::nullopt;
    return until(*at, now);
}

}  // namespace symphony
