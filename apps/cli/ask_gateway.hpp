#pragma once

#include "symphony/call/request.hpp"
#include "symphony/config/file_options.hpp"
#include "symphony/core/json.hpp"
#include "symphony/core/result.hpp"

namespace symphony::cli {

/// One question to the admin plane of the gateway that runs by this configuration; 5 s for the
/// answer. Errors: those of a call; `not_found` and `invalid_request` with the gateway's own words;
/// `auth_failed` for any other status.
[[nodiscard]] result<json> ask_gateway(const gateway_options& gateway, request what);

}  // namespace symphony::cli
