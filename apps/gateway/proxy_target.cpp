#include "gateway/proxy_target.hpp"

#include <algorithm>

namespace symphony::gateway {

namespace {

// "http://host/path" → "/path"; a target in origin form stays as it is.
std::string_view origin_form(std::string_view target) noexcept {
    if (target.starts_with('/')) return target;
    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos) return target;
    const auto path = target.find_first_of("/?", scheme + 3);
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

}  // namespace

std::string_view path_of(std::string_view target) noexcept {
    const std::string_view origin = origin_form(target);
    return origin.substr(0, origin.find('?'));
}

std::string_view tool_of(std::string_view target) noexcept {
    std::string_view path = path_of(target);
    if (!path.starts_with('/')) return {};
    path.remove_prefix(1);
    return path.substr(0, path.find('/'));
}

std::optional<proxy_target> parse_proxy_target(std::string_view target) noexcept {
    target = origin_form(target);
    if (!target.starts_with('/')) return std::nullopt;
    proxy_target parsed;
    if (const auto mark = target.find('?'); mark != std::string_view::npos) {
        parsed.query = target.substr(mark + 1);
        target = target.substr(0, mark);
    }
    target.remove_prefix(1);
    const auto tool_end = target.find('/');
    if (tool_end == std::string_view::npos) return std::nullopt;
    parsed.tool = target.substr(0, tool_end);
    target.remove_prefix(tool_end + 1);
    const auto endpoint_end = std::min(target.find('/'), target.size());
    parsed.endpoint = target.substr(0, endpoint_end);
    parsed.path = target.substr(endpoint_end);
    if (parsed.tool.empty() || parsed.endpoint.empty()) return std::nullopt;
    return parsed;
}

}  // namespace symphony::gateway
