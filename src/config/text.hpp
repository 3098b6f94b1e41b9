#pragma once

#include "symphony/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::detail {

/// For a message: control characters escaped, at most `most` bytes and then "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 64);
/// Offset of the first byte that is no UTF-8 (RFC 3629), npos when all of it is.
[[nodiscard]] std::size_t invalid_utf8(std::string_view text) noexcept;

[[nodiscard]] std::optional<std::int64_t> to_integer(std::string_view text) noexcept;
/// Decimal, finite: what JSON calls a number.
[[nodiscard]] std::optional<double> to_number(std::string_view text) noexcept;
/// "250ms", "30s", "5m", "1h", "1.5s"; with `bare` also a number of milliseconds. At most a
/// century; nothing negative.
[[nodiscard]] std::optional<duration> to_duration(std::string_view text, bool bare) noexcept;

}  // namespace symphony::detail
