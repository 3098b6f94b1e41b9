#pragma once

#include "symphony/core/time.hpp"
#include "symphony/policy/circuit_breaker_options.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace symphony {

enum class circuit_state : std::uint8_t { closed, half_open, open };
/// "closed", "half-open", "open".
[[nodiscard]] std::string_view to_string(circuit_state state) noexcept;

/// Manual control: `open` until released, `closed` admits all and never opens, `automatic` from
/// either means closed with fresh counters.
enum class circuit_control : std::uint8_t { automatic, open, closed };

/// Why a circuit changed its state.
enum class circuit_reason : std::uint8_t {
    consecutive_failures,
    failure_share,
    probe_failed,
    reset_timeout,
    recovered,
    manual,
    health_check,
    recovery_step,  ///< no change of state: the recovery in HALF_OPEN takes its next step
    peers,          ///< what other processes found
};
/// "consecutive_failures" and so on.
[[nodiscard]] std::string_view to_string(circuit_reason reason) noexcept;

/// A change of state, or a step of the recovery (`from` and `to` are then both half-open), told
/// once, outside the breaker's lock, on the thread that caused it.
struct circuit_transition {
    circuit_state from{};
    circuit_state to{};
    circuit_reason reason{};
    instant at{};
    std::uint32_t consecutive_failures = 0;
    std::uint32_t window_total = 0;
    std::uint32_t window_failures = 0;
    /// Of the state it led to: threads may tell of two changes in the other order.
    std::uint64_t generation = 0;
};

/// A refusal: a value of two words, never an exception.
struct circuit_refusal {
    /// What remains until the circuit may admit again; 0 for half-open with all permits taken;
    /// `duration::max()` while opened by hand.
    duration retry_after{};
    circuit_state state = circuit_state::open;
};

/// A turn that `circuit_breaker::ask` gave a call: by the share of a recovery, this call is one
/// that passes. Worth nothing once the circuit has changed its state.
class circuit_turn {
private:
    friend class circuit_breaker;
    std::uint64_t generation_ = 0;  // 0 is none: that of a new breaker, which is closed
};

class circuit_breaker;

/// The right to make one call. Report the outcome once with `success` or `failure`; a permit that
/// goes without either counts as cancelled and is free again. It carries the generation of the
/// state that gave it: a late result changes nothing. Move-only; one thread at a time.
class circuit_permit {
public:
    circuit_permit() noexcept = default;
    circuit_permit(circuit_permit&& other) noexcept;
    circuit_permit& operator=(circuit_permit&& other) noexcept;
    circuit_permit(const circuit_permit&) = delete;
    circuit_permit& operator=(const circuit_permit&) = delete;
    ~circuit_permit() { cancel(); }

    void success(instant now) noexcept;
    void failure(instant now) noexcept;
    /// The call still runs and passed the latency threshold (else nothing happens): counts as slow
    /// right now; its later result counts no second time in the share.
    void slow(instant now) noexcept;
    /// The call was answered in time or not, by `now`; what remains to be read of the answer may
    /// take as long as it likes without counting as slow.
    void answered(instant now) noexcept;
    void cancel() noexcept;
    /// The call begins only now: what it waited for something else since is no latency.
    void begin(instant now) noexcept { started_ = now; }
    [[nodiscard]] bool held() const noexcept { return breaker_ != nullptr; }
    /// Held, and given while the circuit was half-open.
    [[nodiscard]] bool is_probe() const noexcept { return held() && probe_ != 0; }
    /// When a still-running call turns slow, if the breaker watches latency.
    [[nodiscard]] std::optional<instant> slow_at() const noexcept;

private:
    friend class circuit_breaker;
    circuit_permit(circuit_breaker& owner, std::uint64_t generation, std::uint64_t probe,
                   std::uint32_t step, instant started) noexcept
        : breaker_(&owner),
          generation_(generation),
          probe_(probe),
          started_(started),
          step_(step) {}

    circuit_breaker* breaker_ = nullptr;
    std::uint64_t generation_ = 0;
    std::uint64_t probe_ = 0;  // which of the half-open permits; 0 = given in CLOSED
    instant started_{};
    std::uint32_t step_ = 0;  // of the recovery
    bool counted_slow_ = false;
};

/// CLOSED → OPEN → HALF_OPEN → CLOSED, by consecutive failures or by the share of failures and
/// slow calls over a sliding time window. See docs and `semantics` for every promise. Pure: time is
/// an argument, there is no timer; OPEN turns HALF_OPEN by the first `try_acquire` at or after its
/// moment. Thread-safe. It must outlive its permits.
class circuit_breaker {
public:
    /// Must not throw.
    using listener = std::function<void(const circuit_transition&)>;

    /// Throws std::invalid_argument on impossible options.
    explicit circuit_breaker(const circuit_breaker_options& options, listener on_transition = {});
    ~circuit_breaker();
    circuit_breaker(const circuit_breaker&) = delete;
    circuit_breaker& operator=(const circuit_breaker&) = delete;

    /// A permit or a refusal. In HALF_OPEN the recovery strategy decides: by default exactly
    /// `success_threshold` permits are out at a time. `latest` is when a probe that never returns
    /// gives its place back (the call's deadline). `turn`: of this call's `ask`, if it asked.
    [[nodiscard]] std::expected<circuit_permit, circuit_refusal> try_acquire(
        instant now, instant latest = instant::max(), circuit_turn turn = {}) noexcept;

    /// Whether `try_acquire` would refuse now; takes nothing and changes nothing. Which calls a
    /// share leaves out is no matter of looking: such a recovery refuses nobody here.
    [[nodiscard]] std::optional<circuit_refusal> look(instant now) const noexcept;

    /// A look for a call that will take its permit later, after a wait for something else. A share
    /// counts it here: who is left out is refused before it waits, who passes gets a `turn`.
    [[nodiscard]] std::optional<circuit_refusal> ask(instant now, circuit_turn& turn) noexcept;

    /// A health check succeeded while OPEN: HALF_OPEN at once. No effect in other states.
    void half_open(instant now) noexcept;

    /// A health check failed while OPEN: it stays so until `until` if its time would be over
    /// sooner, at most `max_reset_timeout` in all. No effect in other states.
    void stay_open(instant now, instant until) noexcept;

    /// Others found the API broken: OPEN until `until`, sooner or later than it would be by itself.
    /// No new opening for the reset time. Nothing happens while it is controlled by hand.
    void open_with_peers(instant now, instant until) noexcept;

    /// Another has proven the API well, which spares this circuit its probe: from OPEN or HALF_OPEN
    /// to CLOSED; a gradual recovery begins at its first share, a user's own at its beginning.
    /// Nothing happens while it is controlled by hand.
    void recover_with_peers(instant now) noexcept;

    /// `automatic` where nothing was set by hand changes nothing.
    void control(circuit_control mode, instant now) noexcept;

    /// New options; state, counters and generation stay. Throws std::invalid_argument, changing
    /// nothing, on impossible options.
    void reconfigure(const circuit_breaker_options& options, instant now);

    struct view {
        circuit_state state{};
        bool manual = false;
        bool own_finding = false;                ///< not CLOSED, because of calls made here
        std::optional<duration> retry_after{};   ///< while OPEN by itself
        std::optional<double> admitted_share{};  ///< while HALF_OPEN admits a share
        std::uint32_t consecutive_failures = 0;
        std::uint32_t window_total = 0;
        std::uint32_t window_failures = 0;
        std::uint32_t asked = 0;       ///< in this step of HALF_OPEN; wraps around
        std::uint32_t in_flight = 0;   ///< probes that are out in HALF_OPEN
        std::uint64_t generation = 0;  ///< of the state
        circuit_reason reason{};       ///< that led to it; of no meaning in a new breaker
    };
    [[nodiscard]] view inspect(instant now) const;

    /// Bytes held, heap included.
    [[nodiscard]] std::size_t memory() const noexcept;

private:
    friend class circuit_permit;
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace symphony
