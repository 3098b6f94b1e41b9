#pragma once

#include "symphony/core/json.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/body.hpp"
#include "symphony/net/headers.hpp"
#include "symphony/net/net_options.hpp"

#include <memory>
#include <optional>
#include <string>

namespace symphony {

/// An HTTP answer. Either `body` holds all of it, or `stream` gives it piece by piece (then `body`
/// is empty). Move-only because of the stream.
struct response {
    int status = 0;
    headers fields;
    std::string body;
    std::unique_ptr<body_source> stream;
    /// Attempts the call took; 1 without retries.
    int attempts = 1;
    http_version version = http_version::http1;  ///< what the server spoke: http1 or http2
    /// `TOOL.ENDPOINT` when another endpoint than the one asked served the call.
    std::optional<std::string> served_by;

    [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
    /// The body as JSON. Errors: `invalid_response`.
    [[nodiscard]] result<json> as_json() const { return json::parse(body); }
};

}  // namespace symphony
