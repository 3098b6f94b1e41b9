#pragma once

#include "symphony/call/request.hpp"
#include "symphony/core/json.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/response.hpp"
#include "tool/catalogue.hpp"

#include <string>

namespace symphony::detail {

/// A tool without a handler of its own: one call, described by the parameters.
struct described_call {
    std::string endpoint;
    request what;
};

/// Reads `{"endpoint"?, "method"?, "path"?, "query"?, "headers"?, "body"?}`. The endpoint may be
/// left out where there is only one; the query is text or an object; a body that is no text is sent
/// as JSON. Errors: `invalid_request` naming the member, `not_found`.
[[nodiscard]] result<described_call> read_params(const catalogued_tool& tool, const json& params);

/// `{"status", "headers", "body"}`: header names in lower case, the body as JSON where it is.
[[nodiscard]] json describe_answer(const response& answer);

}  // namespace symphony::detail
