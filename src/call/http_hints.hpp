#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/time.hpp"
#include "symphony/net/headers.hpp"

#include <cstdint>
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

/// A moment by RFC 3339, with `Z` or a numeric offset: `2026-01-01T00:00:30.5+01:00`. Fractions
/// below a nanosecond are rounded up.
[[nodiscard]] std::optional<wall_time> parse_timestamp(std::string_view text) noexcept;

/// What an answer says of its API's limits.
struct limit_hint {
    /// So many calls are left until a budget is full again.
    struct allowance {
        std::uint64_t calls = 0;
        duration until_full{};
        friend bool operator==(const allowance&, const allowance&) = default;
    };
    std::optional<duration> wait{};   ///< the longest that callers are asked to stay away
    std::optional<allowance> left{};  ///< of the scarcest budget that is not used up

    void stay_away(std::optional<duration> length) noexcept;
    /// A budget of calls, where it is known when it is full again.
    void note(std::uint64_t remaining, std::optional<duration> full_in) noexcept;
};

/// What a server says of its limits: `Retry-After` of a 429 or 503, and in any answer what remains
/// of the budgets in
/// - `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), the older
///   dictionary form, and its companions `RateLimit-Remaining`/`-Reset`;
/// - the `X-RateLimit-*` families, whose reset is seconds from now up to 10^9, epoch seconds above
///   it and epoch milliseconds from 10^12 on;
/// - OpenAI's `X-RateLimit-Remaining-Requests`/`-Reset-Requests` and `-Tokens`, whose reset is a
///   length of time (`6m0s`);
/// - Anthropic's `Anthropic-RateLimit-Requests-Remaining`/`-Reset`, `-Tokens-`, `-Input-Tokens-`
///   and `-Output-Tokens-`, whose reset is a moment by RFC 3339.
/// Tokens that remain say nothing of calls; that none do is a wait. A 429 with a family of two
/// fields that tells only the reset has nothing left either. What cannot be read says nothing. The
/// wall clock is read only where an answer speaks of limits at all.
[[nodiscard]] limit_hint server_hint(int status, const headers& fields, const clock& time) noexcept;

}  // namespace symphony
