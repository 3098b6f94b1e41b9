#pragma once

#include "symphony/config/file_options.hpp"
#include "symphony/core/json.hpp"
#include "symphony/store/rate_store.hpp"
#include "symphony/store/redis_options.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::cli {

/// One budget of a configuration and what is left of it.
struct limit_row {
    shared_limit limit;
    std::optional<redis_options> redis;      ///< none: kept by each process for itself
    std::optional<rate_limiter::view> view;  ///< none: nobody could say
};

/// The budgets of a configuration by key prefix.
[[nodiscard]] std::map<std::string, limit_row> configured_limits(const file_options& options);
/// The budget of that key in a gateway's status document (`GET /v1/status`).
[[nodiscard]] std::optional<rate_limiter::view> view_in_status(const json& status,
                                                               std::string_view key);

/// For people: a line a level.
[[nodiscard]] std::string limits_table(const std::map<std::string, limit_row>& rows);
/// For programs: an array with an object a budget.
[[nodiscard]] std::string limits_json(const std::map<std::string, limit_row>& rows);

}  // namespace symphony::cli
