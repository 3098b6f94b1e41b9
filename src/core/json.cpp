#include "symphony/core/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace symphony {

namespace {

const json& shared_null() noexcept {
    static const json null;
    return null;
}

// Length of the well-formed UTF-8 sequence at the start of `s` (Unicode, table 3-7), or 0.
std::size_t sequence_length(std::string_view s) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < s.size() && at(i) >= low && at(i) <= high;
    };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;
        return tail(1, low, high) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
        return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

void write_escape(std::string& out, char c) {
    static constexpr char hex[] = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        default:
            break;
    }
    out += "\\u00";
    out += hex[static_cast<unsigned char>(c) >> 4];
    out += hex[static_cast<unsigned char>(c) & 15];
}

void write(std::string& out, const std::string& text) {
    out += '"';
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto c = static_cast<unsigned char>(rest.front());
        if (c < 0x20 || c == '"' || c == '\\') {
            write_escape(out, rest.front());
            rest.remove_prefix(1);
        } else if (const std::size_t length = sequence_length(rest); length > 0) {
            out += rest.substr(0, length);
            rest.remove_prefix(length);
        } else {
            out += "\xEF\xBF\xBD";
            rest.remove_prefix(1);
        }
    }
    out += '"';
}

template <class Number>
void write_number(std::string& out, Number n) {
    std::array<char, 32> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), n).ptr;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    out += text;
    // A double stays one when it is read again.
    if constexpr (std::is_floating_point_v<Number>) {
        if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
    }
}

void write(std::string& out, const json& value);

void write(std::string& out, const json::array& items) {
    out += '[';
    bool first = true;
    for (const json& item : items) {
        if (!first) out += ',';
        first = false;
        write(out, item);
    }
    out += ']';
}

void write(std::string& out, const json::object& members) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : members) {
        if (!first) out += ',';
        first = false;
        write(out, key);
        out += ':';
        write(out, value);
    }
    out += '}';
}

void write(std::string& out, const json& value) {
    if (const auto* text = value.as_string()) return write(out, *text);
    if (const auto* items = value.as_array()) return write(out, *items);
    if (const auto* members = value.as_object()) return write(out, *members);
    if (value.is_bool()) {
        out += value.as_bool() ? "true" : "false";
    } else if (value.is_integer()) {
        write_number(out, value.as_int());
    } else if (value.is_number() && std::isfinite(value.as_double())) {
        write_number(out, value.as_double());
    } else {
        out += "null";
    }
}

}  // namespace

json::json(std::uint64_t n) noexcept : value_(static_cast<double>(n)) {
    if (n <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        value_ = static_cast<std::int64_t>(n);
    }
}

std::string json::dump() const {
    std::string out;
    write(out, *this);
    return out;
}

bool json::as_bool(bool fallback) const noexcept {
    const bool* b = std::get_if<bool>(&value_);
    return b != nullptr ? *b : fallback;
}

std::int64_t json::as_int(std::int64_t fallback) const noexcept {
    if (const auto* n = std::get_if<std::int64_t>(&value_)) return *n;
    if (const double* d = std::get_if<double>(&value_)) {
        // 2^63 is the first double that does not fit.
        if (*d >= -0x1p63 && *d < 0x1p63) return static_cast<std::int64_t>(*d);
    }
    return fallback;
}

double json::as_double(double fallback) const noexcept {
    if (const double* d = std::get_if<double>(&value_)) return *d;
    if (const auto* n = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*n);
    return fallback;
}

const json& json::operator[](std::string_view key) const noexcept {
    if (const object* members = as_object()) {
        for (const auto& [name, value] : *members) {
            if (name == key) return value;
        }
    }
    return shared_null();
}

const json& json::operator[](std::size_t index) const noexcept {
    const array* items = as_array();
    return items != nullptr && index < items->size() ? (*items)[index] : shared_null();
}

bool json::contains(std::string_view key) const noexcept {
    const object* members = as_object();
    if (members == nullptr) return false;
    for (const auto& [name, value] : *members) {
        if (name == key) return true;
    }
    return false;
}

json& json::set(std::string key, json value) {
    if (!is_object()) value_ = object();
    object& members = std::get<object>(value_);
    for (auto& [name, old] : members) {
        if (name == key) {
            old = std::move(value);
            return *this;
        }
    }
    members.emplace_back(std::move(key), std::move(value));
    return *this;
}

std::size_t json::size() const noexcept {
    if (const array* items = as_array()) return items->size();
    if (const object* members = as_object()) return members->size();
    return 0;
}

}  // namespace symphony
