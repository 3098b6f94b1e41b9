#include "config/text.hpp"
#include "symphony/config/load.hpp"
#include "symphony/core/url.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace symphony {

namespace {

std::string shown_url(const endpoint_options& options) {
    if (!options.shown_url.empty()) return options.shown_url;
    const auto parsed = url::parse(options.url);
    return parsed ? parsed->display() : "(no valid URL)";
}

std::string_view level_name(severity level) {
    constexpr std::array<std::string_view, 5> names{"trace", "debug", "info", "warn", "error"};
    return names.at(static_cast<std::size_t>(level));
}

}  // namespace

std::string describe(const file_options& options) {
    std::string text;
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "{}\n", detail::printable(options.file, 4096));
    for (const tool_options& tool : options.tools) {
        fmt::format_to(out, "\n{}", tool.name);
        if (!tool.description.empty()) {
            fmt::format_to(out, "  {}", detail::printable(tool.description, 200));
        }
        text += '\n';
        for (const auto& [name, endpoint] : tool.external_apis) {
            fmt::format_to(out, "  {}.{}  {} {}\n", tool.name, name, endpoint.method,
                           shown_url(endpoint));
            for (const std::string& layer : describe_chain(tool.name, name, endpoint)) {
                fmt::format_to(out, "    {}\n", layer);
            }
        }
    }
    fmt::format_to(out, "\ngateway  {}, admin {}{}\n", options.gateway.listen,
                   options.gateway.admin,
                   options.gateway.admin_token.empty() ? "" : " (token required)");
    fmt::format_to(out, "log      {}, {}\n", level_name(options.log.level),
                   options.log.format == log_format::json ? "json" : "text");
    return text;
}

}  // namespace symphony
