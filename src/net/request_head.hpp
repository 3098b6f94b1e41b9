#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/transport.hpp"

#include <string>

namespace symphony::net::detail {

/// Appends the request line, the fields and the empty line. `invalid_request` for a method, target
/// or field that must not go on the wire; `to` is then of no use. `expects_continue`: the body
/// waits for the server's leave.
[[nodiscard]] result<void> write_request_head(const destination& where, const wire_request& request,
                                              bool expects_continue, std::string& to);

/// Appends the length line of a chunk (RFC 9112, 7.1).
void write_chunk_head(std::size_t size, std::string& to);

/// What is wrong with the method or the target of a request. Errors: `invalid_request`.
[[nodiscard]] result<void> check_request_line(const wire_request& request);
/// Methods whose meaning includes content say its length even when there is none (RFC 9110, 8.6).
[[nodiscard]] bool wants_length(std::string_view method) noexcept;

}  // namespace symphony::net::detail
