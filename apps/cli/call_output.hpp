#pragma once

#include "symphony/core/json.hpp"
#include "symphony/net/response.hpp"

#include <string>

namespace symphony::cli {

/// What `--json` prints about a call that got an answer. Header names are in lower case; the body
/// is a JSON value where the content type says JSON and it parses, else text, or `bodyBase64`.
[[nodiscard]] json call_report(const response& answer, duration took);
/// The same about a call that got none.
[[nodiscard]] json call_report(const error& failure, duration took);

/// Status line and header fields, as `-i` prints them.
[[nodiscard]] std::string head_text(const response& answer);
/// One line about an error, for stderr.
[[nodiscard]] std::string error_line(const error& failure);

}  // namespace symphony::cli
