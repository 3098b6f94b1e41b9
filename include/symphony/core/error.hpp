#pragma once

#include "symphony/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace symphony {

/// Why a call has no answer. The names (see `to_string`) are part of the public contract: they
/// appear in problem documents, `--json` output and metric labels.
enum class error_kind : std::uint8_t {
    rate_limited,        ///< refused by a rate limit of ours
    circuit_open,        ///< refused by an open circuit
    overloaded,          ///< refused: concurrency limit or queue full
    store_unavailable,   ///< shared state is down and `onStoreFailure` is `closed`
    invalid_request,     ///< the request itself is unacceptable
    cancelled,           ///< the caller gave up
    timeout,             ///< a deadline passed
    dns_failed,          ///< the host name did not resolve
    connect_failed,      ///< no connection to any address
    tls_failed,          ///< the TLS handshake or the verification of the certificate failed
    connection_lost,     ///< the connection broke before the answer was complete
    protocol_error,      ///< the peer broke its protocol
    response_too_large,  ///< a bound on header or body size was passed
    invalid_response,    ///< the answer arrived and is unusable
    auth_failed,         ///< no credential could be had
    not_found,           ///< no such tool or endpoint
    internal,            ///< a fault of ours
};

/// The contract's name of a kind, for example "rate_limited". Never fails.
[[nodiscard]] std::string_view to_string(error_kind kind) noexcept;

/// An error as a value. `message` is text of ours and never holds a secret or remote text; what a
/// server or a library said is kept apart in `remote`, which may hold user data.
struct error {
    error_kind kind = error_kind::internal;
    std::string message;
    std::string remote{};
    /// The wait after which the same call may be admitted. Rounded up when shown.
    std::optional<duration> retry_after{};
    /// Attempts that were started for this call.
    int attempts = 0;
    /// False only when it is certain that no byte of the request reached the server.
    bool maybe_sent = false;
    /// The server's certificate did not pass our check (expired, unknown issuer, another name): of
    /// `tls_failed` only.
    bool certificate_refused = false;
};

/// Refusals are decided here, without the network: they spend no permit and count in no breaker.
[[nodiscard]] constexpr bool is_local_refusal(error_kind kind) noexcept {
    return kind == error_kind::rate_limited || kind == error_kind::circuit_open ||
           kind == error_kind::overloaded || kind == error_kind::store_unavailable ||
           kind == error_kind::invalid_request || kind == error_kind::not_found;
}

}  // namespace symphony
