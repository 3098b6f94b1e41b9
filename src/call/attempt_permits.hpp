#pragma once

#include "call/rate_permit.hpp"
#include "symphony/policy/bulkhead.hpp"
#include "symphony/policy/circuit_breaker.hpp"

namespace symphony {

/// What one attempt holds while it is under way.
struct attempt_permits {
    rate_permit rate{};
    circuit_permit circuit;
    bulkhead_permit slot;
    instant sent_at{};
};

}  // namespace symphony
