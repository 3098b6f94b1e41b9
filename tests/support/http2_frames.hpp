#pragma once

#include "support/script.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace symphony::test_support {

// Frames of HTTP/2 (RFC 9113) by hand, for servers that misbehave.

enum class h2 : std::uint8_t {
    data = 0,
    headers = 1,
    rst_stream = 3,
    settings = 4,
    push_promise = 5,
    ping = 6,
    goaway = 7,
    window_update = 8,
    continuation = 9
};

inline constexpr std::uint8_t end_stream = 1;
inline constexpr std::uint8_t end_headers = 4;

[[nodiscard]] inline std::string number32(std::uint32_t n) {
    return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
            static_cast<char>(n)};
}

[[nodiscard]] inline std::string frame(h2 type, std::uint8_t flags, std::uint32_t stream,
                                       std::string_view payload = {}) {
    std::string made = number32(static_cast<std::uint32_t>(payload.size())).substr(1);
    made += static_cast<char>(type);
    made += static_cast<char>(flags);
    return made.append(number32(stream)).append(payload);
}

/// A literal field without indexing (RFC 7541, 6.2.2); both below 127 bytes.
[[nodiscard]] inline std::string field(std::string_view name, std::string_view value) {
    std::string made(1, '\0');
    made += static_cast<char>(name.size());
    made.append(name);
    made += static_cast<char>(value.size());
    return made.append(value);
}

inline const std::string status_200 = "\x88";

[[nodiscard]] inline std::string settings(std::string_view values = {}) {
    return frame(h2::settings, 0, 0, values);
}
[[nodiscard]] inline std::string head(std::uint32_t stream, std::string_view block,
                                      std::uint8_t flags = end_headers) {
    return frame(h2::headers, flags, stream, block);
}
[[nodiscard]] inline std::string body(std::uint32_t stream, std::string_view text,
                                      std::uint8_t flags = end_stream) {
    return frame(h2::data, flags, stream, text);
}
[[nodiscard]] inline std::string answer_on(std::uint32_t stream, std::string_view text) {
    return head(stream, status_200) + body(stream, text);
}
[[nodiscard]] inline std::string goaway(std::uint32_t last, std::uint32_t code = 0) {
    return frame(h2::goaway, 0, 0, number32(last) + number32(code));
}
[[nodiscard]] inline std::string reset_of(std::uint32_t stream, std::uint32_t code) {
    return frame(h2::rst_stream, 0, stream, number32(code));
}

/// Preface, SETTINGS, WINDOW_UPDATE and the beginning of the first request: they come in one piece.
inline constexpr std::size_t first_request = 24 + 27 + 13 + 9 + 4;

/// How a request without a body begins on that stream, below 256: HEADERS, which end it.
[[nodiscard]] inline std::string request_on(std::uint32_t stream) {
    return std::string("\x01\x05") + number32(stream);
}

/// A PING of the client's, as far as it is known.
inline const std::string ping_of_ours("\0\0\x08\x06\0\0\0\0\0", 9);

[[nodiscard]] inline script after_request(std::string text) {
    return script().bytes(first_request).send(std::move(text));
}

}  // namespace symphony::test_support
