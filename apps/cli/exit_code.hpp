#pragma once

#include "symphony/core/error.hpp"

namespace symphony::cli {

/// The program's exit statuses.
enum exit_code : int {
    exit_ok = 0,
    exit_http_error = 1,    ///< the API answered with a status of 400 or more
    exit_usage = 2,         ///< usage or configuration
    exit_refused = 3,       ///< refused locally
    exit_no_answer = 4,     ///< no answer from the API
    exit_interrupted = 130  ///< SIGINT
};

[[nodiscard]] int exit_code_of(error_kind kind) noexcept;
[[nodiscard]] int exit_code_of(int http_status) noexcept;

}  // namespace symphony::cli
