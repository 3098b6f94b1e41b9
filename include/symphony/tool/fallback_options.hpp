#pragma once

#include "symphony/tool/tool_options.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

/// Names one endpoint among all tools.
struct endpoint_name {
    std::string tool;
    std::string endpoint;

    auto operator<=>(const endpoint_name&) const = default;
    [[nodiscard]] std::string text() const { return tool + "." + endpoint; }
};

/// What the `fallback` of an endpoint called `own` names: "TOOL.ENDPOINT", or "TOOL", which is that
/// tool's endpoint of the same name, else its only one. Errors: in words.
[[nodiscard]] std::expected<endpoint_name, std::string> find_fallback(
    const std::vector<tool_options>& tools, std::string_view own, std::string_view fallback);

/// One fault of the fallbacks and the endpoint it stands at.
struct fallback_fault {
    endpoint_name at;
    std::string message;
};

/// All that is wrong with the fallbacks of these tools: names nobody has, and cycles, each told
/// once.
[[nodiscard]] std::vector<fallback_fault> fallback_faults(const std::vector<tool_options>& tools);

}  // namespace symphony
