#pragma once

#include "policy/outcome_window.hpp"
#include "symphony/core/spin_lock.hpp"
#include "symphony/policy/circuit_breaker.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <vector>

namespace symphony {

/// The state machine. Two words are readable without the lock: `refuse_until_`, so that an open
/// circuit refuses with one load, and `phase_`, so that a closed one admits with two.
class circuit_breaker::impl {
public:
    impl(const circuit_breaker_options& options, listener on_transition);

    // At the start of a cache line, without the size that alignas would round up to.
    static void* operator new(std::size_t size) {
        return ::operator new(size, std::align_val_t(cache_line));
    }
    static void operator delete(void* gone) noexcept {
        ::operator delete(gone, std::align_val_t(cache_line));
    }

    [[nodiscard]] std::expected<circuit_permit, circuit_refusal> try_acquire(
        circuit_breaker& owner, instant now, instant latest, std::uint64_t turn) noexcept;
    [[nodiscard]] std::optional<circuit_refusal> look(instant now) const noexcept;
    [[nodiscard]] std::optional<circuit_refusal> ask(instant now, std::uint64_t& turn) noexcept;
    void half_open(instant now) noexcept;
    void stay_open(instant now, instant until) noexcept;
    void open_with_peers(instant now, instant until) noexcept;
    void recover_with_peers(instant now) noexcept;
    void control(circuit_control mode, instant now) noexcept;
    void reconfigure(const circuit_breaker_options& options, instant now);
    [[nodiscard]] view inspect(instant now);
    [[nodiscard]] std::size_t memory() const noexcept;

    enum class outcome : std::uint8_t { success, failure, cancelled };
    struct held {
        std::uint64_t generation;
        std::uint64_t probe;
        instant started;
        std::uint32_t step;
        bool counted_slow;
    };
    void settle(const held& permit, outcome what, instant now) noexcept;
    void slow(const held& permit, instant now) noexcept;
    [[nodiscard]] std::optional<instant> slow_at(instant started) const noexcept;

private:
    static constexpr std::size_t cache_line = 64;
    using change = std::optional<circuit_transition>;
    struct probe {
        std::uint64_t number;
        instant latest;
    };
    // What happens in HALF_OPEN; a closed circuit keeps no memory for it.
    struct recovery_run {
        std::uint32_t step = 0;  // of the recovery, and what happened in it
        std::uint32_t successes = 0;
        std::uint32_t failures = 0;
        std::uint32_t asked = 0;
        std::uint32_t next_probe = 1;
        std::vector<probe> probes;  // out now, never more than there was room for

        void begin_step(std::uint32_t number) noexcept {
            step = number;
            successes = failures = asked = 0;
        }
    };
    static constexpr std::int64_t not_open = INT64_MIN;
    static constexpr std::int64_t open_by_hand = INT64_MAX;
    static constexpr std::uint64_t no_probe = UINT64_MAX;  // admitted by a share

    [[nodiscard]] static std::int64_t count(instant t) noexcept {
        return t.time_since_epoch().count();
    }

    [[nodiscard]] static std::optional<circuit_refusal> refusal_at(std::int64_t until,
                                                                   instant now) noexcept {
        if (until == open_by_hand) return circuit_refusal{duration::max(), circuit_state::open};
        if (count(now) >= until) return std::nullopt;
        return circuit_refusal{difference(instant(duration(until)), now), circuit_state::open};
    }
    void adopt_locked(const circuit_breaker_options& options);
    [[nodiscard]] bool make_room_locked() noexcept;
    [[nodiscard]] circuit_transition enter_locked(circuit_state to, circuit_reason why,
                                                  instant now) noexcept;
    [[nodiscard]] circuit_transition open_locked(circuit_reason why, instant now) noexcept;
    void refuse_until_locked(instant until) noexcept {
        // The largest value means "by hand".
        refuse_until_.store(std::min(count(until), open_by_hand - 1), std::memory_order_release);
    }
    [[nodiscard]] change count_locked(instant now, bool failed) noexcept;
    [[nodiscard]] bool succeeds_quietly_locked(const held& permit, instant now) noexcept;
    [[nodiscard]] change closed_result_locked(const held& permit, outcome what,
                                              instant now) noexcept;
    [[nodiscard]] change probe_result_locked(const held& permit, outcome what,
                                             instant now) noexcept;
    [[nodiscard]] std::optional<circuit_refusal> quick_refusal(instant now) const noexcept {
        return refusal_at(refuse_until_.load(std::memory_order_acquire), now);
    }
    [[nodiscard]] std::expected<circuit_permit, circuit_refusal> acquire_slowly(
        circuit_breaker& owner, instant now, instant latest, std::uint64_t turn) noexcept;
    [[nodiscard]] std::optional<circuit_refusal> look_slowly(instant now) const noexcept;
    [[nodiscard]] std::optional<circuit_refusal> ask_slowly(instant now,
                                                            std::uint64_t& turn) noexcept;
    [[nodiscard]] recovery_progress progress_locked(instant now) const noexcept;
    [[nodiscard]] recovery_answer answer_locked(instant now) noexcept;
    void forget_counts_locked() noexcept;
    void tell(const change& happened) const noexcept;

    std::atomic<std::int64_t> refuse_until_{not_open};  // ns; OPEN as long as it is another value
    std::atomic<std::uint64_t> phase_{1};               // generation * 2 + (1 while CLOSED)
    mutable detail::spin_lock lock_;
    circuit_state state_ = circuit_state::closed;
    circuit_control control_ = circuit_control::automatic;
    recovery_kind kind_ : 2 = recovery_kind::immediate;
    circuit_reason why_ : 4 = circuit_reason::manual;  // of the last change of state
    bool watches_share_ : 1 = false;
    bool own_finding_ : 1 = false;
    std::uint32_t consecutive_ = 0;
    std::uint32_t failure_threshold_ = 0;
    std::uint32_t minimum_requests_ = 0;
    std::atomic<std::int64_t> latency_ns_{INT64_MAX};  // INT64_MAX: not watched
    // With its front, the first cache line ends: all that a usual call touches.
    detail::outcome_window window_;
    std::uint32_t success_threshold_ = 0;
    std::uint32_t most_probes_ = 0;
    double failure_rate_ = 0;
    duration first_reset_{};
    duration longest_reset_{};
    duration reset_{};                   // the next opening lasts this long
    instant since_{};                    // when this state began
    std::unique_ptr<recovery_run> run_;  // there in HALF_OPEN
    std::shared_ptr<const recovery_strategy> recovery_;
    std::unique_ptr<const listener> listener_;
};

}  // namespace symphony
