#include "config/redis_url.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace symphony::detail {

namespace {

std::unexpected<error> wrong(std::string what) {
    return fail(error_kind::invalid_request, std::move(what));
}

int hex(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            made += text[i];
            continue;
        }
        if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) {
            return std::nullopt;
        }
        made += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
        i += 2;
    }
    return made;
}

result<void> read_user_info(std::string_view text, redis_options& to) {
    const auto colon = text.find(':');
    auto name = decoded(text.substr(0, colon));
    auto password =
        decoded(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
    if (!name || !password)
        return wrong("a '%' of its user-info is not followed by two hex digits");
    to.username = std::move(*name);
    to.password = secret(std::move(*password));
    return {};
}

result<void> read_database(std::string_view text, redis_options& to) {
    const auto number = to_integer(text);
    if (!number || *number < 0 || *number > 15) return wrong("its database must be 0 to 15");
    to.database = static_cast<std::uint32_t>(*number);
    return {};
}

result<void> read_socket(std::string_view rest, redis_options& to) {
    const auto mark = rest.find('?');
    auto path = decoded(rest.substr(0, mark));
    if (!path || path->size() < 2 || path->front() != '/') {
        return wrong("unix:// needs an absolute path: unix:///run/redis.sock");
    }
    if (path->size() > 107) return wrong("its path is longer than 107 bytes");
    to.unix_socket = std::move(*path);
    if (mark == std::string_view::npos) return {};
    const std::string_view query = rest.substr(mark + 1);
    if (!query.starts_with("db=")) return wrong("of queries it understands '?db=' only");
    return read_database(query.substr(3), to);
}

result<void> read_server(std::string_view rest, redis_options& to) {
    const auto slash = rest.find('/');
    auto at = read_redis_address(rest.substr(0, slash));
    if (!at) return wrong("it must name host[:port]");
    to.server = std::move(*at);
    if (slash == std::string_view::npos || slash + 1 == rest.size()) return {};
    return read_database(rest.substr(slash + 1), to);
}

}  // namespace

bool is_host(std::string_view text) noexcept {
    if (std::ranges::count(text, ':') == 1) return false;  // a name with its port
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_' || c == ':';
    });
}

std::optional<redis_address> read_redis_address(std::string_view text, std::uint16_t port) {
    redis_address made;
    made.port = port;
    std::string_view host = text;
    std::string_view after;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        after = text.substr(end + 1);
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        after = text.substr(colon);
    }
    if (!is_host(host)) return std::nullopt;
    made.host = std::string(host);
    if (after.empty()) return made;
    const auto number = after.front() == ':' ? to_integer(after.substr(1)) : std::nullopt;
    if (!number || *number < 1 || *number > 65'535) return std::nullopt;
    made.port = static_cast<std::uint16_t>(*number);
    return made;
}

result<void> read_redis_url(std::string_view text, redis_options& to) {
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) {
        return wrong("it must begin with redis://, rediss:// or unix://");
    }
    const std::string_view scheme = text.substr(0, scheme_end);
    std::string_view rest = text.substr(scheme_end + 3);
    if (scheme != "redis" && scheme != "rediss" && scheme != "unix") {
        return wrong("it must begin with redis://, rediss:// or unix://");
    }
    // User-info ends at the last '@' before the path; a password may hold one unencoded.
    const bool socket = scheme == "unix";
    const auto path = socket ? rest.find("@/") : rest.substr(0, rest.find('/')).rfind('@');
    if (path != std::string_view::npos) {
        if (auto read = read_user_info(rest.substr(0, path), to); !read) return read;
        rest.remove_prefix(path + 1);
    }
    to.tls = scheme == "rediss";
    return socket ? read_socket(rest, to) : read_server(rest, to);
}

}  // namespace symphony::detail
