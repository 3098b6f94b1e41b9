#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace symphony::cli {

/// `TOOL.ENDPOINT[/PATH][?QUERY]`, split.
struct call_target {
    std::string tool;
    std::string endpoint;
    std::string path_and_query;  ///< as given, from the first '/' or '?'
};

/// Nothing when tool or endpoint is missing.
[[nodiscard]] std::optional<call_target> parse_call_target(std::string_view text);

}  // namespace symphony::cli
