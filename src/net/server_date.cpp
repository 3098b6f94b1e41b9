#include "net/server_date.hpp"

#include <fmt/format.h>

#include <array>

namespace symphony::net::detail {

std::string format_http_date(wall_time at) {
    static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed",
                                                          "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(second - day);
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[std::chrono::weekday(day).c_encoding()],
        static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
        static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
        time.seconds().count());
}

std::string_view date_cache::at(instant now) {
    if (text_.empty() || now >= until_ || now < from_) {
        const wall_time wall = time_.wall_now();
        text_ = format_http_date(wall);
        const duration into_second = wall - std::chrono::floor<std::chrono::seconds>(wall);
        from_ = now;
        until_ = later(now, std::chrono::seconds(1) - into_second);
    }
    return text_;
}

}  // namespace symphony::net::detail
