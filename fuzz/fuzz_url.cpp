// Any text as a URL, and as the path and query a caller adds: what passes must survive being
// written and read again, and the target made of it must be fit for a request line.
#include "symphony/core/url.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_parts(const symphony::url& parsed) {
    require(parsed.port != 0 && !parsed.host.empty() && parsed.path.starts_with('/'));
    require(parsed.has_query || parsed.query.empty());
    std::string again = parsed.origin() + parsed.path;
    if (parsed.has_query) again += "?" + parsed.query;
    const auto second = symphony::url::parse(again);
    require(second.has_value());
    require(second->origin() == parsed.origin() && second->path == parsed.path);
    require(second->query == parsed.query && second->has_query == parsed.has_query);
    require(second->authority() == parsed.authority());
}

void check_target(const std::string& target) {
    require(target.starts_with('/'));
    for (const char c : target) {
        const auto byte = static_cast<unsigned char>(c);
        require(byte > 0x20 && byte < 0x7f && c != '#');
    }
    require(target.substr(0, target.find('?')).find('\\') == std::string::npos);
}

}  // namespace

// Up to the first newline stands the URL, up to the second the path, then the query.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto next = [&rest] {
        const auto end = rest.find('\n');
        const std::string_view part = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        return part;
    };
    const std::string_view text = next();
    const std::string_view path = next();
    const auto parsed = symphony::url::parse(text);
    if (!parsed) {
        require(parsed.error().kind == symphony::error_kind::invalid_request);
        return 0;
    }
    check_parts(*parsed);
    const auto target = symphony::join_target(*parsed, path, rest);
    if (target) check_target(*target);
    return 0;
}
