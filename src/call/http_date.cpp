#include "call/http_hints.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace symphony {

namespace {

// A cursor over the fixed forms of RFC 9110, 5.6.7, and RFC 3339; any mismatch leaves `ok` false
// for good.
class scanner {
public:
    explicit scanner(std::string_view text) noexcept : rest_(text) {}

    void literal(std::string_view expected) noexcept {
        ok_ = ok_ && rest_.starts_with(expected);
        if (ok_) rest_.remove_prefix(expected.size());
    }
    int number(std::size_t digits) noexcept {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            ok_ = ok_ && i < rest_.size() && rest_[i] >= '0' && rest_[i] <= '9';
            if (!ok_) return 0;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }
    template <std::size_t Size>
    unsigned name(const std::array<std::string_view, Size>& names) noexcept {
        for (std::size_t i = 0; ok_ && i < Size; ++i) {
            if (rest_.starts_with(names[i])) {
                rest_.remove_prefix(names[i].size());
                return static_cast<unsigned>(i + 1);
            }
        }
        ok_ = false;
        return 0;
    }
    // Of a second: .5 and longer, or nothing at all. Rounded up to nanoseconds.
    duration fraction() noexcept {
        if (!next_is('.')) return duration::zero();
        skip();
        ok_ = ok_ && next_is_digit();
        std::int64_t sum = 0;
        bool more = false;
        for (std::int64_t place = 100'000'000; next_is_digit(); place /= 10) {
            sum += (rest_[0] - '0') * place;
            more = more || (place == 0 && rest_[0] != '0');
            skip();
        }
        return duration(sum + (more ? 1 : 0));
    }
    [[nodiscard]] bool next_is(char c) const noexcept { return !rest_.empty() && rest_[0] == c; }
    [[nodiscard]] bool next_is_digit() const noexcept {
        return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9';
    }
    void skip() noexcept { rest_.remove_prefix(1); }
    void fail() noexcept { ok_ = false; }
    [[nodiscard]] bool done() const noexcept { return ok_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> long_days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 7> short_days{"Mon", "Tue", "Wed", "Thu",
                                                     "Fri", "Sat", "Sun"};

struct parts {
    int year = 0;
    unsigned month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

void clock_time(scanner& text, parts& to) noexcept {
    to.hour = text.number(2);
    text.literal(":");
    to.minute = text.number(2);
    text.literal(":");
    to.second = text.number(2);
}

// Sun, 06 Nov 1994 08:49:37 GMT
bool imf_fixdate(scanner text, parts& to) noexcept {
    text.name(short_days);
    text.literal(", ");
    to.day = text.number(2);
    text.literal(" ");
    to.month = text.name(months);
    text.literal(" ");
    to.year = text.number(4);
    text.literal(" ");
    clock_time(text, to);
    text.literal(" GMT");
    return text.done();
}

// Sunday, 06-Nov-94 08:49:37 GMT; two digits above 69 are of the last century.
bool rfc850_date(scanner text, parts& to) noexcept {
    text.name(long_days);
    text.literal(", ");
    to.day = text.number(2);
    text.literal("-");
    to.month = text.name(months);
    text.literal("-");
    const int year = text.number(2);
    to.year = year + (year > 69 ? 1900 : 2000);
    text.literal(" ");
    clock_time(text, to);
    text.literal(" GMT");
    return text.done();
}

// Sun Nov  6 08:49:37 1994
bool asctime_date(scanner text, parts& to) noexcept {
    text.name(short_days);
    text.literal(" ");
    to.month = text.name(months);
    text.literal(" ");
    if (text.next_is(' ')) {
        text.skip();
        to.day = text.number(1);
    } else {
        to.day = text.number(2);
    }
    text.literal(" ");
    clock_time(text, to);
    text.literal(" ");
    to.year = text.number(4);
    return text.done();
}

// Z, or +01:00 for a clock that is ahead.
duration zone_offset(scanner& text) noexcept {
    if (text.next_is('Z')) {
        text.skip();
        return duration::zero();
    }
    const bool behind = text.next_is('-');
    text.literal(behind ? "-" : "+");
    const int hours = text.number(2);
    text.literal(":");
    const int minutes = text.number(2);
    if (hours > 23 || minutes > 59) text.fail();
    const duration offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    return behind ? -offset : offset;
}

std::optional<wall_time> to_wall_time(const parts& p) noexcept {
    const std::chrono::year_month_day date(std::chrono::year(p.year), std::chrono::month(p.month),
                                           std::chrono::day(static_cast<unsigned>(p.day)));
    // A leap second is written :60. Years past 2200 would leave the range of nanoseconds.
    if (!date.ok() || p.hour > 23 || p.minute > 59 || p.second > 60 || p.year > 2200 ||
        p.year < 1970) {
        return std::nullopt;
    }
    return wall_time(std::chrono::sys_days(date)) + std::chrono::hours(p.hour) +
           std::chrono::minutes(p.minute) + std::chrono::seconds(p.second);
}

}  // namespace

std::optional<wall_time> parse_http_date(std::string_view text) noexcept {
    parts p;
    const scanner start(text);
    if (!imf_fixdate(start, p) && !rfc850_date(start, p) && !asctime_date(start, p)) {
        return std::nullopt;
    }
    return to_wall_time(p);
}

std::optional<wall_time> parse_timestamp(std::string_view text) noexcept {
    parts p;
    scanner rest(text);
    p.year = rest.number(4);
    rest.literal("-");
    p.month = static_cast<unsigned>(rest.number(2));
    rest.literal("-");
    p.day = rest.number(2);
    rest.literal("T");
    clock_time(rest, p);
    const duration fraction = rest.fraction();
    const duration ahead = zone_offset(rest);
    const auto at = to_wall_time(p);
    if (!rest.done() || !at) return std::nullopt;
    return *at + fraction - ahead;
}

}  // namespace symphony
