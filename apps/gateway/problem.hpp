#pragma once

#include "symphony/core/error.hpp"
#include "symphony/net/response.hpp"

#include <string>
#include <string_view>

namespace symphony::gateway {

/// The HTTP status the gateway gives for an error of ours.
[[nodiscard]] int status_of(error_kind kind) noexcept;
/// A short title of a kind, for people.
[[nodiscard]] std::string_view title_of(error_kind kind) noexcept;
/// The error type of RFC 9209, section 2.3, that says the same; empty when none does.
[[nodiscard]] std::string_view proxy_error_of(const error& failure) noexcept;
/// A wait in whole seconds as Retry-After wants it: rounded up, at least 1.
[[nodiscard]] std::int64_t retry_after_seconds(duration wait) noexcept;

/// An `application/problem+json` answer (RFC 9457) with Proxy-Status and, where known,
/// Retry-After. `tool` and `endpoint` are left out when empty.
[[nodiscard]] response make_problem(const error& failure, std::string_view tool = {},
                                    std::string_view endpoint = {});
/// The same with a status that is not the kind's own.
[[nodiscard]] response make_problem(int status, const error& failure, std::string_view tool = {},
                                    std::string_view endpoint = {});
/// The same for a request that the HTTP server itself turns down: `server_options::refusal`.
[[nodiscard]] response make_refusal(int status, std::string_view reason);

}  // namespace symphony::gateway
