#pragma once

#include "symphony/core/json.hpp"
#include "symphony/tool/status.hpp"

#include <string_view>
#include <vector>

namespace symphony::gateway {

/// The document of `GET /v1/status`.
[[nodiscard]] json status_document(const std::vector<tool_status>& tools, std::string_view version,
                                   duration uptime);

}  // namespace symphony::gateway
