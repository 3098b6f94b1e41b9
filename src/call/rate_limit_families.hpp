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

/// The longest wait of all families whose remaining count is 0, or which tell only a reset in a
/// 429. `seen` has the bits of the fields there are: families without one are not looked for.
[[nodiscard]] std::optional<duration> families_wait(int status, const headers& fields,
                                                    unsigned seen, wall_time now) noexcept;

}  // namespace symphony
