#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/headers.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace symphony::net::detail {

/// How the end of a body is told (RFC 9112, 6.3).
enum class body_framing : std::uint8_t { none, length, chunked, until_close };

struct response_head {
    int status = 0;
    headers fields;
    body_framing framing = body_framing::none;
    std::uint64_t length = 0;  ///< for `length`
    bool keeps_alive = false;
    bool names_coding = false;  ///< there is a Content-Encoding
    std::size_t bytes = 0;      ///< of the input, the empty line included
};

/// The size of the head at the start of `input`, its empty line included; 0 when it is not
/// complete. `searched` is how far an earlier call got, and is moved on.
[[nodiscard]] std::size_t find_head_end(std::string_view input, std::size_t& searched) noexcept;

/// Reads a whole head (RFC 9112), strictly: lines end in CR LF, no folded lines, no space before a
/// colon; lengths that contradict each other or the transfer coding are refused, since two readers
/// of such an answer may disagree on where it ends. Errors: `protocol_error`.
[[nodiscard]] result<void> parse_response_head(std::string_view head, bool answers_head,
                                               response_head& to);

}  // namespace symphony::net::detail
