#include "cli/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace symphony::cli {

std::optional<duration> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc() || number <= 0) return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
        {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
    constexpr std::int64_t most = std::int64_t{31} * 24 * 3'600'000;
    for (const auto& [name, factor] : units) {
        if (name != unit) continue;
        if (number > most / factor) return std::nullopt;
        return std::chrono::milliseconds(number * factor);
    }
    return std::nullopt;
}

namespace {

// Length of the sequence a first byte begins; 0 when it cannot begin one.
std::size_t sequence_length(unsigned char first) noexcept {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

// The second byte excludes overlong forms, surrogates and what lies above U+10FFFF.
bool second_byte_fits(unsigned char first, unsigned char second) noexcept {
    switch (first) {
        case 0xe0:
            return second >= 0xa0;
        case 0xed:
            return second <= 0x9f;
        case 0xf0:
            return second >= 0x90;
        case 0xf4:
            return second <= 0x8f;
        default:
            return true;
    }
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size();) {
        const auto first = static_cast<unsigned char>(bytes[i]);
        const std::size_t length = sequence_length(first);
        if (length == 0 || bytes.size() - i < length) return false;
        for (std::size_t k = 1; k < length; ++k) {
            const auto byte = static_cast<unsigned char>(bytes[i + k]);
            if (byte < 0x80 || byte > 0xbf) return false;
            if (k == 1 && !second_byte_fits(first, byte)) return false;
        }
        i += length;
    }
    return true;
}

std::string to_base64(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= have ? digits[group >> (18 - 6 * k) & 0x3f] : '=';
    }
    return out;
}

std::string readable(duration d) {
    const std::int64_t ms = to_ms_ceil(d);
    return ms < 1000 ? fmt::format("{} ms", ms)
                     : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
}

}  // namespace symphony::cli
