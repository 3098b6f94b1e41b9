#pragma once

#include "symphony/net/headers.hpp"
#include "symphony/policy/rate_limiter.hpp"

namespace symphony::gateway {

/// Adds `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), one item for
/// each level: `"per-1s";q=10;w=1` and `"per-1s";r=5;t=1`. Those of the API itself stay, on lines
/// before: both are lists, both budgets bind the caller, and an intermediary is not to hide one
/// (the draft's section on intermediaries).
void add_rate_limit_fields(headers& answer, const rate_limiter::view& budget);

}  // namespace symphony::gateway
