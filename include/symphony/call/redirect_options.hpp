#pragma once

#include <cstdint>

namespace symphony {

enum class redirect_policy : std::uint8_t {
    none,         ///< a 3xx is the answer
    same_origin,  ///< only to the scheme, host and port that sent it
    any,          ///< anywhere but from https to http; without credentials once elsewhere
};

/// Whether an endpoint follows redirects (RFC 9110, 15.4). All hops are one attempt.
struct redirect_options {
    redirect_policy follow = redirect_policy::none;
    std::uint32_t max = 5;  ///< hops of one attempt, 1 … 50; the next 3xx is the answer

    bool operator==(const redirect_options&) const = default;
};

}  // namespace symphony
