#include "symphony/core/url.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace symphony {

namespace {

constexpr std::size_t max_target = 64 * 1024;

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Decodes once, or nothing when a '%' is not followed by two hex digits.
std::optional<std::string> decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

// Whether a walk along the segments ever stands above its start. An empty segment is no step down,
// since servers that merge slashes would not count it; "..;x" is a step up, since servers that cut
// path parameters read it so.
bool climbs(std::string_view path, std::string_view separators) noexcept {
    std::size_t depth = 0;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find_first_of(separators), path.size());
        const std::string_view segment = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        const std::string_view name = segment.substr(0, segment.find(';'));
        if (name == "..") {
            if (depth == 0) return true;
            --depth;
        } else if (!segment.empty() && name != ".") {
            ++depth;
        }
    }
    return false;
}

// Dots may be encoded; slashes and backslashes may be too, and servers differ in whether they
// decode those before they split. Refused when any reading climbs.
bool climbs_in_any_reading(std::string_view path, const std::string& decoded) {
    if (climbs(decoded, "/\\") || climbs(decoded, "/")) return true;
    std::string dots_only;
    dots_only.reserve(path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool dot = path[i] == '%' && path[i + 1] == '2' && (path[i + 2] | 0x20) == 'e';
        dots_only += dot ? '.' : path[i];
        if (dot) i += 2;
    }
    return climbs(dots_only, "/");
}

// What must not stand in a request line, in words, or nothing.
const char* forbidden(std::string_view text) noexcept {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) return "a control character";
        if (c == ' ') return "a space";
        if (c == '#') return "a fragment ('#')";
    }
    return nullptr;
}

// Bytes outside ASCII have no place in a request line (RFC 9112, section 3.2).
void append_ascii(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
}

void append_query(std::string& out, std::string_view query, bool& any) {
    if (query.empty()) return;
    out += any ? '&' : '?';
    any = true;
    append_ascii(out, query);
}

// A path that can be read in one way only: letters, digits and harmless marks, no two dots in a
// row. What nearly all calls have.
bool is_plain(std::string_view path) noexcept {
    enum : unsigned char { harmless = 0, dot = 1, other = 2 };
    static constexpr auto kinds = [] {
        std::array<unsigned char, 256> table{};
        table.fill(other);
        for (unsigned c = 'a'; c <= 'z'; ++c)
            table[c] = table[c - 'a' + 'A'] = harmless;
        for (unsigned c = '0'; c <= '9'; ++c)
            table[c] = harmless;
        for (const char c : std::string_view("-_~/:@!$&'()*+,="))
            table[static_cast<unsigned char>(c)] = harmless;
        table['.'] = dot;
        return table;
    }();
    unsigned char seen = harmless;
    for (const char c : path)
        seen |= kinds[static_cast<unsigned char>(c)];
    return seen == harmless || (seen == dot && path.find("..") == std::string_view::npos);
}

void append_path(std::string& out, const url& base, std::string_view path) {
    out.reserve(base.path.size() + path.size() + base.query.size() + 2);
    std::string_view configured = base.path;
    if (configured.ends_with('/')) configured.remove_suffix(1);
    out.append(configured);
    if (!path.empty() && path.front() != '/') out += '/';
}

std::unexpected<error> refuse(const char* where, const char* what) {
    return fail(error_kind::invalid_request, std::string(where) + " holds " + what);
}

}  // namespace

bool is_target_of(const url& base, std::string_view path, std::string_view query) noexcept {
    return query.empty() && base.query.empty() && (base.path.empty() || base.path == "/") &&
           path.starts_with('/') && path.size() <= max_target && is_plain(path);
}

result<std::string> join_target(const url& base, std::string_view path, std::string_view query) {
    if (path.size() + query.size() > max_target) {
        return fail(error_kind::invalid_request, "the path and query are longer than 64 KiB");
    }
    if (query.empty() && base.query.empty() && is_plain(path)) {
        result<std::string> out(std::in_place);
        append_path(*out, base, path);
        out->append(path);
        if (out->empty()) *out = "/";
        return out;
    }
    if (const char* what = forbidden(path)) return refuse("the path", what);
    if (const char* what = forbidden(query)) return refuse("the query", what);

    // A path that brings a query of its own keeps it.
    std::string_view path_query;
    if (const std::size_t mark = path.find('?'); mark != std::string_view::npos) {
        path_query = path.substr(mark + 1);
        path = path.substr(0, mark);
    }
    if (path.find('\\') != std::string_view::npos) return refuse("the path", "a backslash");
    const std::optional<std::string> decoded = decode(path);
    if (!decoded) return refuse("the path", "a '%' without two hex digits");
    if (climbs_in_any_reading(path, *decoded)) {
        return fail(error_kind::invalid_request, "the path climbs above the configured one");
    }

    std::string out;
    append_path(out, base, path);
    append_ascii(out, path);
    if (out.empty()) out = "/";

    bool any = false;
    append_query(out, base.query, any);
    append_query(out, path_query, any);
    append_query(out, query, any);
    return out;
}

}  // namespace symphony
