#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/body.hpp"

#include <memory>
#include <string>

namespace symphony::cli {

/// A body as `-d` gives it: whole when it is small, so that the call can be repeated.
struct request_body {
    std::string text;
    std::shared_ptr<body_source> stream;
};

/// `DATA`, `@FILE` or `-` for stdin. Errors: `invalid_request` naming the file.
[[nodiscard]] result<request_body> read_data(const std::string& spec);

}  // namespace symphony::cli
