#pragma once

#include "symphony/call/endpoint_options.hpp"
#include "symphony/core/error.hpp"
#include "symphony/net/headers.hpp"
#include "symphony/net/response.hpp"
#include "symphony/telemetry/metrics.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace symphony {

// The one place where statuses and error kinds are given a meaning for the policies.

/// Whether a circuit counts it: 500 and above except 501. 429 is the limiter's business.
[[nodiscard]] constexpr bool is_circuit_failure(int status) noexcept {
    return status >= 500 && status != 501;
}
/// No usable answer. Cancelled calls and local refusals are neutral.
[[nodiscard]] bool is_circuit_failure(error_kind kind) noexcept;

/// What conditions see of an attempt. A view of it.
[[nodiscard]] attempt_failure to_seen(const response& answer, std::uint32_t attempt) noexcept;
[[nodiscard]] attempt_failure to_seen(const error& why, std::uint32_t attempt) noexcept;

/// Whether any of them says so.
[[nodiscard]] bool meets(const std::vector<circuit_condition>& conditions,
                         const attempt_failure& seen) noexcept;

/// Whether a circuit counts an answer, by the endpoint's conditions if it has any.
[[nodiscard]] inline bool is_circuit_failure(const endpoint_options& of, const response& answer,
                                             std::uint32_t attempt) noexcept {
    if (of.failure_conditions.empty()) return is_circuit_failure(answer.status);
    return meets(of.failure_conditions, to_seen(answer, attempt));
}
/// The same of an attempt without one. A call that was cancelled or refused here is nobody's
/// failure, whatever they say.
[[nodiscard]] inline bool is_circuit_failure(const endpoint_options& of, const error& why,
                                             std::uint32_t attempt) noexcept {
    if (of.failure_conditions.empty()) return is_circuit_failure(why.kind);
    return is_circuit_failure(why.kind) && meets(of.failure_conditions, to_seen(why, attempt));
}

/// An answer that nobody would want to have again.
[[nodiscard]] inline bool is_usable(const response& answer) noexcept {
    return answer.status < 500 && answer.status != 429;
}

/// "http", "network", "timeout" or the kind's name.
[[nodiscard]] std::string_view failure_type(error_kind kind) noexcept;

/// Whether the options ask for a repetition of such a failure (safety is decided elsewhere).
[[nodiscard]] bool wants_retry(const retry_options& options, const attempt_failure& failure);

/// Safe to send twice by its method (RFC 9110, 9.2.2) or by an Idempotency-Key.
[[nodiscard]] bool is_idempotent(std::string_view method, const headers& fields) noexcept;

[[nodiscard]] retry_reason to_retry_reason(const attempt_failure& failure) noexcept;

}  // namespace symphony
