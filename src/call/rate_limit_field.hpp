#pragma once

#include "call/http_hints.hpp"

#include <string_view>

namespace symphony {

/// Where a budget does not say when it is full again, its policy's window is taken for it, up to
/// this: the window may be nearly over.
inline constexpr duration longest_guess = std::chrono::minutes(1);

/// Notes what one `RateLimit` field says: the list of draft-ietf-httpapi-ratelimit-headers-10,
/// `"burst";r=0;t=30, "day";r=100`, with a budget in each member, whose policy of the same name may
/// be among the `RateLimit-Policy` fields (`"day";q=1000;w=86400`); or the dictionary of earlier
/// drafts, `limit=10, remaining=0, reset=30`, which is one budget.
/// `look_ups`: for how many more members the policies of this answer are gone through.
void note_rate_limit(std::string_view value, const headers& fields, unsigned& look_ups,
                     limit_hint& into) noexcept;

}  // namespace symphony
