#pragma once

#include "symphony/core/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::cli {

/// One circuit as a gateway's status document shows it.
struct breaker_row {
    std::string tool;
    std::string endpoint;
    std::string state;
    bool manual = false;
    std::optional<std::int64_t> retry_after_ms{};
    std::optional<double> admitted_share{};
};

/// The circuits in a status document (`GET /v1/status`), in its order; with `only` (TOOL.ENDPOINT)
/// that one.
[[nodiscard]] std::vector<breaker_row> breakers_in_status(const json& status,
                                                          std::string_view only = {});

/// For people: a line a circuit.
[[nodiscard]] std::string breakers_table(const std::vector<breaker_row>& rows);
/// For programs: an array with an object a circuit.
[[nodiscard]] std::string breakers_json(const std::vector<breaker_row>& rows);

}  // namespace symphony::cli
