#pragma once

#include "call/endpoint_events.hpp"
#include "call/health_check.hpp"
#include "call/parked_call.hpp"
#include "call/shared_circuit.hpp"
#include "symphony/policy/circuit_breaker.hpp"
#include "symphony/telemetry/alert_desk.hpp"
#include "symphony/telemetry/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace symphony {

/// An endpoint's circuit breaker with those who wait behind it: when it opens, they leave their
/// queues at once; and with what asks for the API's health meanwhile. Thread-safe.
class breaker_cell : public std::enable_shared_from_this<breaker_cell> {
public:
    breaker_cell(const circuit_breaker_options& options, endpoint_events events,
                 std::shared_ptr<endpoint_metrics> metrics);

    [[nodiscard]] circuit_breaker& breaker() noexcept { return breaker_; }
    [[nodiscard]] const circuit_breaker& breaker() const noexcept { return breaker_; }
    /// By hand. Whoever waited to try an open circuit leaves, although that is no transition.
    void control(circuit_control mode, instant now) {
        breaker_.control(mode, now);
        if (mode == circuit_control::open) behind_.end_all(queue_outcome::circuit_opened);
    }
    [[nodiscard]] parked_calls<parked_call>& behind() noexcept { return behind_; }

    /// The circuit refused a call: once in a while an event tells how many there were.
    void note_refusal(instant now) noexcept;

    /// Whether calls were refused since `forget_refused`.
    [[nodiscard]] bool was_refused() const noexcept {
        return was_refused_.load(std::memory_order_relaxed);
    }
    void forget_refused() noexcept { was_refused_.store(false, std::memory_order_relaxed); }

    /// Lets `sharing` keep this circuit in talk with those of other processes from now on; null:
    /// nobody. What did so before retires.
    void share(std::shared_ptr<shared_circuit> sharing);
    [[nodiscard]] std::shared_ptr<shared_circuit> sharing() const;

    /// Lets `check` watch this circuit from now on; null: nobody. What did so before retires.
    void watch(std::shared_ptr<health_check> check);
    [[nodiscard]] std::shared_ptr<health_check> watcher() const;
    /// Where alerts go from now on; null: nowhere.
    void alert_through(std::shared_ptr<alert_line> line);

private:
    void alert(const circuit_transition& change) const noexcept;
    void tell_refusals(instant now) noexcept;
    void tell_step(const circuit_transition& change) noexcept;
    void tell(const circuit_transition& change) noexcept;

    const endpoint_events events_;
    const std::shared_ptr<endpoint_metrics> metrics_;
    std::atomic<bool> was_refused_{false};
    std::atomic<std::uint64_t> refused_{0};   // since the last event about it
    std::atomic<std::int64_t> tell_from_{0};  // when the next one may be told
    parked_calls<parked_call> behind_;
    mutable std::mutex mutex_;
    std::shared_ptr<health_check> watcher_;
    std::shared_ptr<shared_circuit> sharing_;
    std::shared_ptr<alert_line> alerts_;
    circuit_breaker breaker_;
};

}  // namespace symphony
