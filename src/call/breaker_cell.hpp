#pragma once

#include "call/endpoint_events.hpp"
#include "call/queued_call.hpp"
#include "symphony/policy/circuit_breaker.hpp"
#include "symphony/telemetry/metrics.hpp"

#include <memory>

namespace symphony {

/// An endpoint's circuit breaker with those who wait behind it: when it opens, they leave the rate
/// limit's queue at once. Thread-safe.
class breaker_cell {
public:
    breaker_cell(const circuit_breaker_options& options, endpoint_events events,
                 std::shared_ptr<endpoint_metrics> metrics);

    [[nodiscard]] circuit_breaker& breaker() noexcept { return breaker_; }
    [[nodiscard]] const circuit_breaker& breaker() const noexcept { return breaker_; }
    [[nodiscard]] queued_calls& behind() noexcept { return behind_; }

private:
    void tell(const circuit_transition& change) noexcept;

    const endpoint_events events_;
    const std::shared_ptr<endpoint_metrics> metrics_;
    queued_calls behind_;
    circuit_breaker breaker_;
};

}  // namespace symphony
