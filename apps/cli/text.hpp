#pragma once

#include "symphony/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace symphony::cli {

/// A duration as people write it: `250ms`, `30s`, `5m`, `1h`; a bare number is milliseconds.
/// Nothing for anything else, for 0 and for more than 31 days.
[[nodiscard]] std::optional<duration> parse_duration(std::string_view text);

/// Whether the bytes are valid UTF-8 (RFC 3629: no overlong forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Standard base64 with padding (RFC 4648).
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// "1.2 s", "35 ms": for people.
[[nodiscard]] std::string readable(duration d);

}  // namespace symphony::cli
