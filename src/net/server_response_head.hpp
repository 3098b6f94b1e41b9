#pragma once

#include "symphony/net/response.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// How an answer goes on the wire.
struct answer_plan {
    bool sends_body = true;
    bool chunked = false;
    bool keep_alive = true;
    bool http_1_0 = false;
    /// What Content-Length says, if anything.
    std::optional<std::uint64_t> length;
};

/// Decides the framing (RFC 9112, 6): HEAD, 204 and 304 carry no body, a stream of unknown size is
/// chunked, or ends with the connection for HTTP/1.0. The handler's own Content-Length counts only
/// where no body shows the length: for HEAD and 304.
[[nodiscard]] answer_plan plan_answer(const response& answer, std::string_view method,
                                      bool http_1_0, bool keep_alive);

/// Appends the status line and the fields, those of the connection and the framing being ours.
void append_head(std::string& out, const response& answer, const answer_plan& plan,
                 std::string_view date);

/// The standard phrase of a status, or an empty one.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace symphony::net::detail
