#include "symphony/core/url_reference.hpp"

#include <string>
#include <utility>

namespace symphony {

namespace {

// What a server puts there as it is, though it should not.
std::string encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == ' ' || byte >= 0x80) {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += c;
        }
    }
    return out;
}

// RFC 3986, 3.1: letters, digits, "+-." up to a colon, which comes before any '/', '?' or '#'.
bool has_scheme(std::string_view text) noexcept {
    const auto is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
    if (text.empty() || !is_letter(text.front())) return false;
    for (const char c : text) {
        if (c == ':') return true;
        const bool fits =
            is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!fits) return false;
    }
    return false;
}

// RFC 3986, 5.2.4, for a path that begins with '/'.
std::string remove_dot_segments(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const auto end = path.find('/', 1);
        const std::string_view segment = path.substr(0, end);
        path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
        const bool climbs = segment == "/..";
        if (!climbs && segment != "/.") {
            out += segment;
            continue;
        }
        if (climbs) out.resize(out.empty() ? 0 : out.rfind('/'));
        if (path.empty()) out += '/';
    }
    return out;
}

// The path of `base` to its last slash, and what is relative to it (5.2.3).
std::string merge(std::string_view base, std::string_view relative) {
    std::string out(base.substr(0, base.rfind('/') + 1));
    out += relative;
    return out;
}

}  // namespace

result<url> resolve_reference(const url& base, std::string_view reference) {
    const std::string text = encode(reference.substr(0, reference.find('#')));
    const std::string_view rest = text;
    const auto with_path_tidied = [](std::string_view absolute) {
        result<url> made = url::parse(absolute);
        if (made) made->path = remove_dot_segments(made->path);
        return made;
    };
    if (has_scheme(rest)) return with_path_tidied(rest);
    if (rest.starts_with("//")) return with_path_tidied(base.scheme + ":" + text);
    const std::string_view path = rest.substr(0, rest.find('?'));
    std::string target = base.scheme + "://" + base.authority();
    if (path.empty()) {
        target += base.path;
        if (rest.empty() && base.has_query) target += "?" + base.query;
    } else if (!path.starts_with('/')) {
        target += merge(base.path, {});
    }
    target += rest;
    return with_path_tidied(target);
}

}  // namespace symphony
