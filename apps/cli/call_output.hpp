#pragma once

#include "symphony/net/response.hpp"

#include <string>

namespace symphony::cli {

/// What `--json` prints about a call that got an answer: one object on one line. Header names are
/// in lower case; the body is JSON where the content type says so and it is, as the API wrote it
/// but for white space between tokens, else text, or `bodyBase64`.
[[nodiscard]] std::string call_report(const response& answer, duration took);
/// The same about a call that got none.
[[nodiscard]] std::string call_report(const error& failure, duration took);

/// Status line and header fields, as `-i` prints them.
[[nodiscard]] std::string head_text(const response& answer);
/// One line about an error, for stderr.
[[nodiscard]] std::string error_line(const error& failure);

}  // namespace symphony::cli
