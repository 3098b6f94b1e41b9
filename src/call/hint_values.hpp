#pragma once

#include "call/http_hints.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace symphony {

/// Without the blanks and tabs around it.
[[nodiscard]] std::string_view trim_blanks(std::string_view text) noexcept;

/// Digits only; a number too large for 64 bits is still a number: the largest one.
[[nodiscard]] std::optional<std::uint64_t> parse_digits(std::string_view text) noexcept;

/// Digits, perhaps with a fraction: rounded up to whole ones.
[[nodiscard]] std::optional<std::uint64_t> parse_rounded_up(std::string_view text) noexcept;

/// So many seconds, at most `longest_hint`.
[[nodiscard]] duration capped_seconds(std::uint64_t count) noexcept;

/// What is left until the reset a server names, from 0 to `longest_hint`; nothing where `text` does
/// not have the form. There is one function for each form in use.
using reset_form = std::optional<duration> (*)(std::string_view text, wall_time now) noexcept;

/// A number, perhaps with a fraction. Up to 10^9 it is seconds from now, above that epoch seconds,
/// and from 10^12 on epoch milliseconds.
[[nodiscard]] std::optional<duration> number_wait(std::string_view text, wall_time now) noexcept;

/// A length of time as Go writes it: `6m0s`, `20ms`, `1h2m3.5s`. Units from d, h, m, s, ms, each at
/// most once and the larger first.
[[nodiscard]] std::optional<duration> length_wait(std::string_view text, wall_time now) noexcept;

/// A moment by RFC 3339 (see `parse_timestamp`).
[[nodiscard]] std::optional<duration> timestamp_wait(std::string_view text, wall_time now) noexcept;

}  // namespace symphony
