#pragma once

#include "call/http_hints.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace symphony {

/// What a field says about limits, by its name alone. `none` is 0, each other one a bit.
enum class limit_field : std::uint8_t {
    none = 0,
    retry_after = 1,
    rate_limit = 2,    // `RateLimit` itself
    ietf_draft = 4,    // `RateLimit-*` of earlier drafts
    x_rate_limit = 8,  // `X-RateLimit-*`, `X-Rate-Limit-*`
    anthropic = 16,    // `Anthropic-RateLimit-*`
};

/// Asked of every field of every answer: names that say nothing of limits are told by their length
/// and first letters.
[[nodiscard]] limit_field limit_field_of(std::string_view name) noexcept;

/// Notes what all families say; one that tells only a reset in a 429 has nothing left. `seen` has
/// the bits of the fields there are: families without one are not looked for.
void note_families(int status, const headers& fields, unsigned seen, wall_time now,
                   limit_hint& into) noexcept;

}  // namespace symphony
