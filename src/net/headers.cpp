#include "symphony/net/headers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace symphony {

namespace {

// RFC 9110, 5.6.2.
constexpr auto token_table = [] {
    std::array<bool, 256> table{};
    for (unsigned c = 'a'; c <= 'z'; ++c)
        table[c] = table[c - 'a' + 'A'] = true;
    for (unsigned c = '0'; c <= '9'; ++c)
        table[c] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_value_char(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

// No branch in the loop: names are short and all of each is looked at anyway.
bool is_token(std::string_view text) noexcept {
    bool good = !text.empty();
    for (const char c : text)
        good &= token_table[static_cast<unsigned char>(c)];
    return good;
}

template <class Word>
Word load(const char* at) noexcept {
    Word word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
}

// All bytes of a word at a time: whether they differ in nothing but the case of ASCII letters.
bool same_letters(std::uint64_t a, std::uint64_t b) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    const std::uint64_t differ = a ^ b;
    if (differ == 0) return true;
    if ((differ & ~(ones * 0x20)) != 0) return false;
    // The highest bit of each byte: set where it is at least 'a', and where it is above 'z'.
    const std::uint64_t small = (a | ones * 0x20) & ones * 0x7f;
    const std::uint64_t letters =
        (small + ones * (0x80 - 'a')) & ~(small + ones * (0x7f - 'z')) & ~a;
    return ((differ << 2) & ~letters) == 0;
}

// Eight bytes at a time: whether one of them is below 0x20 or is 0x7f (Warren, Hacker's Delight,
// 6-1: a borrow may blame a neighbour of such a byte too, never a word without one).
bool has_control(std::uint64_t word) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t highs = ones << 7;
    const std::uint64_t low = (word - ones * 0x20) & ~word;
    const std::uint64_t del = word ^ ones * 0x7f;
    return ((low | ((del - ones) & ~del)) & highs) != 0;
}

bool is_value_word(const char* at) noexcept {
    return !has_control(load<std::uint64_t>(at)) ||
           std::all_of(at, at + sizeof(std::uint64_t), is_value_char);
}

bool is_value(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    if (text.size() < sizeof(std::uint64_t)) return std::all_of(at, end, is_value_char);
    for (; end - at >= 8; at += 8)
        if (!is_value_word(at)) return false;
    return at == end || is_value_word(end - 8);  // some bytes for the second time
}

// What does not fit the 32-bit places never goes in.
constexpr std::size_t most_bytes = std::size_t{1} << 30;

}  // namespace

bool is_valid_header(std::string_view name, std::string_view value) noexcept {
    return is_token(name) && is_value(value);
}

bool detail::iequals_same_size(std::string_view one, std::string_view other) noexcept {
    const char* const a = one.data();
    const char* const b = other.data();
    const std::size_t size = one.size();
    if (size < sizeof(std::uint32_t)) {
        for (std::size_t i = 0; i < size; ++i)
            if (lower(a[i]) != lower(b[i])) return false;
        return true;
    }
    if (size < sizeof(std::uint64_t)) {
        const std::size_t last = size - sizeof(std::uint32_t);
        return same_letters(load<std::uint32_t>(a), load<std::uint32_t>(b)) &&
               same_letters(load<std::uint32_t>(a + last), load<std::uint32_t>(b + last));
    }
    const std::size_t last = size - sizeof(std::uint64_t);  // may overlap the one before
    for (std::size_t i = 0; i < last; i += sizeof(std::uint64_t))
        if (!same_letters(load<std::uint64_t>(a + i), load<std::uint64_t>(b + i))) return false;
    return same_letters(load<std::uint64_t>(a + last), load<std::uint64_t>(b + last));
}

headers::headers(std::initializer_list<header_view> fields) {
    for (const header_view field : fields) {
        if (!add(field.name, field.value)) {
            throw std::invalid_argument("invalid header field '" + std::string(field.name) + "'");
        }
    }
}

bool headers::add(std::string_view name, std::string_view value) {
    if (!is_valid_header(name, value) || !has_room_for(name, value)) return false;
    put(name, value);
    return true;
}

bool headers::set(std::string_view name, std::string_view value) {
    if (!is_valid_header(name, value) || !has_room_for(name, value)) return false;
    erase(name);  // takes no text away: views of it still hold
    put(name, value);
    return true;
}

bool headers::has_room_for(std::string_view name, std::string_view value) const noexcept {
    return text_.size() + name.size() + value.size() <= most_bytes;
}

void headers::put(std::string_view name, std::string_view value) {
    const auto at = static_cast<std::uint32_t>(text_.size());
    const auto name_size = static_cast<std::uint32_t>(name.size());
    // The caller's views may point into this very buffer, which append may move.
    const bool inside = name.data() >= text_.data() && name.data() <= text_.data() + text_.size();
    const bool value_inside =
        value.data() >= text_.data() && value.data() <= text_.data() + text_.size();
    if (inside || value_inside) {
        const std::string copy = std::string(name).append(value);
        text_.append(copy);
    } else {
        text_.append(name).append(value);
    }
    fields_.push_back({at, name_size, at + name_size, static_cast<std::uint32_t>(value.size())});
}

std::size_t headers::erase(std::string_view name) {
    return erase_if([name](const header_view& field) { return iequals(field.name, name); });
}

void headers::clear() noexcept {
    text_.clear();
    fields_.clear();
}

std::optional<std::string_view> headers::get(std::string_view name) const noexcept {
    for (const header_view field : *this) {
        if (iequals(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::string headers::get_all(std::string_view name) const {
    std::string all;
    bool first = true;
    for (const header_view field : *this) {
        if (!iequals(field.name, name)) continue;
        if (!first) all += ", ";
        first = false;
        all += field.value;
    }
    return all;
}

void headers::reserve(std::size_t fields, std::size_t bytes) {
    fields_.reserve(fields_.size() + fields);
    text_.reserve(text_.size() + bytes);
}

}  // namespace symphony
