#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/time.hpp"
#include "symphony/net/headers.hpp"

#include <optional>
#include <string_view>

namespace symphony {

/// No hint of a server holds a caller longer than this.
inline constexpr duration longest_hint = std::chrono::hours(24);

/// `Retry-After` (RFC 9110, 10.2.3): delay in seconds or an HTTP-date in any of its three forms.
/// A date in the past is a wait of 0. Capped at `longest_hint`; nothing when it is neither.
[[nodiscard]] std::optional<duration> parse_retry_after(std::string_view value,
                                                        wall_time now) noexcept;

/// An HTTP-date (RFC 9110, 5.6.7).
[[nodiscard]] std::optional<wall_time> parse_http_date(std::string_view text) noexcept;

/// How long the server asks its callers to stay away: `Retry-After` of a 429 or 503, and of any
/// answer a used-up budget in `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10),
/// `RateLimit-Remaining`/`-Reset` (earlier drafts) or the `X-RateLimit-*` families, whose reset is
/// epoch seconds above 10^9 and seconds from now otherwise. A 429 that tells only the reset has
/// nothing left either. The longest one rules. The wall clock is read only where an answer speaks
/// of limits at all.
[[nodiscard]] std::optional<duration> server_hint(int status, const headers& fields,
                                                  const clock& time) noexcept;

}  // namespace symphony
