#include "config/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

namespace symphony::detail {

namespace {

// Length of the sequence that begins at `at`, 0 when it is none.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned first = byte(at);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
    }
    const unsigned second = byte(at + 1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool outside = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
    return overlong || outside ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequence_length(text, i);
        if (out.size() + length > most) return out + "...";
        const auto byte = static_cast<unsigned char>(text[i]);
        if (length == 0 || byte < 0x20 || byte == 0x7F) {
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
            ++i;
        } else if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
            fmt::format_to(std::back_inserter(out), "\\u00{:02x}",
                           static_cast<unsigned char>(text[i + 1]));
            i += 2;
        } else {
            out.append(text.substr(i, length));
            i += length;
        }
    }
    return out;
}

std::size_t invalid_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequence_length(text, i);
        if (length == 0) return i;
        i += length;
    }
    return std::string_view::npos;
}

std::optional<std::int64_t> to_integer(std::string_view text) noexcept {
    std::int64_t value = 0;
    const char* begin = text.data();
    const char* end = begin + text.size();
    const auto [stop, failed] = std::from_chars(begin, end, value);
    if (failed != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::optional<double> to_number(std::string_view text) noexcept {
    double value = 0;
    const char* begin = text.data();
    const char* end = begin + text.size();
    const auto [stop, failed] = std::from_chars(begin, end, value);
    if (failed != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<duration> to_duration(std::string_view text, bool bare) noexcept {
    constexpr std::pair<std::string_view, double> units[] = {
        {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    constexpr double century = 100.0 * 366 * 24 * 3600e9;
    const std::size_t digits = text.find_first_not_of("0123456789.");
    const std::string_view unit =
        digits == std::string_view::npos ? std::string_view() : text.substr(digits);
    const auto value = to_number(text.substr(0, text.size() - unit.size()));
    if (!value) return std::nullopt;
    double scale = unit.empty() && bare ? 1e6 : 0;
    for (const auto& [name, nanoseconds] : units) {
        if (unit == name) scale = nanoseconds;
    }
    if (scale <= 0 || *value * scale > century) return std::nullopt;
    return duration(std::llround(*value * scale));
}

}  // namespace symphony::detail
