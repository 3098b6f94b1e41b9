#pragma once

#include <openssl/x509.h>

#include <string>

namespace symphony::net::detail {

// What a certificate says, in words of ours: one line of printable ASCII, whatever stands in it.

/// "a certificate for a.test, 192.0.2.1 and 3 more": the names that help, five at most.
[[nodiscard]] std::string names_of(const X509* certificate);

/// "expired on 2026-01-02", or when its time begins; empty while it is valid.
[[nodiscard]] std::string date_fault_of(const X509* certificate);

/// Why `chain`, the server's own certificate first, does not prove `server`. `verified`: OpenSSL's
/// verdict, X509_V_ERR_…. `chain` may be null.
[[nodiscard]] std::string refusal_of(const STACK_OF(X509) * chain, long verified,
                                     const std::string& server);

}  // namespace symphony::net::detail
