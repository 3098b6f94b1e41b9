#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/transport.hpp"

#include <string>

namespace symphony::net::detail {

/// Appends the request line, the fields and the empty line. `invalid_request` for a method, target
/// or field that must not go on the wire; `to` is then of no use.
[[nodiscard]] result<void> write_request_head(const destination& where, const wire_request& request,
                                              std::string& to);

/// Appends the length line of a chunk (RFC 9112, 7.1).
void write_chunk_head(std::size_t size, std::string& to);

}  // namespace symphony::net::detail
