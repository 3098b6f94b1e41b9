#pragma once

#include <optional>
#include <string_view>

namespace symphony::gateway {

/// A request target of the data plane, as views into it.
struct proxy_target {
    std::string_view tool;
    std::string_view endpoint;
    std::string_view path;   ///< begins with '/' or is empty
    std::string_view query;  ///< without '?'
};

/// Parses `/{tool}/{endpoint}[/{path...}][?query]`, in absolute form too (RFC 9112, 3.2.2).
/// Nothing when tool or endpoint is missing. Names are compared as they stand: they consist of
/// letters, digits, '-' and '_', which no client has a reason to encode.
[[nodiscard]] std::optional<proxy_target> parse_proxy_target(std::string_view target) noexcept;

/// The tool that a target names, be it without an endpoint; empty when it names none.
[[nodiscard]] std::string_view tool_of(std::string_view target) noexcept;

/// The path of a request target in origin or absolute form, without its query.
[[nodiscard]] std::string_view path_of(std::string_view target) noexcept;

}  // namespace symphony::gateway
