#pragma once

#include "call/endpoint_events.hpp"
#include "call/health_check.hpp"
#include "call/parked_call.hpp"
#include "call/shared_circuit.hpp"
#include "symphony/core/random.hpp"
#include "symphony/policy/circuit_breaker.hpp"
#include "symphony/telemetry/alert_desk.hpp"
#include "symphony/telemetry/metrics.hpp"

#include <atomic>
#include <chrono>
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

    /// Whether calls were refused lately, and since `forget_refused`.
    [[nodiscard]] bool was_refused(instant now) const noexcept {
        return difference(now, instant(duration(refused_at_.load(std::memory_order_relaxed)))) <
               std::chrono::seconds(10);
    }
    void forget_refused() noexcept {
        refused_at_.store(instant::min().time_since_epoch().count(), std::memory_order_relaxed);
    }
    /// What names this process in the words about this circuit; the same as long as this lives.
    [[nodiscard]] std::uint64_t identity(random_source& random) noexcept {
        if (identity_ == 0) identity_ = random.next() | 1;
        return identity_;
    }

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
    std::atomic<std::int64_t> refused_at_{instant::min().time_since_epoch().count()};
    std::uint64_t identity_ = 0;              // for who changes the configuration
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
