#pragma once

#include "config/reader.hpp"
#include "symphony/config/file_options.hpp"

#include <optional>
#include <vector>

namespace symphony::detail {

// One function a block of the file: each turns its value into the options struct and reports what
// is wrong with it. What comes back after a fault is never used.

[[nodiscard]] rate_limit_options read_rate_limit(const cursor& at);
[[nodiscard]] circuit_breaker_options read_circuit_breaker(const cursor& at);
[[nodiscard]] auth_options read_auth(const cursor& at);
[[nodiscard]] middleware_options read_middleware(const cursor& at);
[[nodiscard]] retry_options read_retry(const cursor& at);
[[nodiscard]] tls_options read_tls(const cursor& at);
[[nodiscard]] http_options read_http(const cursor& at);
[[nodiscard]] limit_options read_limits(const cursor& at);
[[nodiscard]] endpoint_options read_endpoint(const cursor& at);
[[nodiscard]] std::vector<tool_options> read_tools(const cursor& at);
[[nodiscard]] gateway_options read_gateway(const cursor& at);
[[nodiscard]] log_options read_log(const cursor& at);

}  // namespace symphony::detail
