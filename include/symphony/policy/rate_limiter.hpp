#pragma once

#include "symphony/core/time.hpp"
#include "symphony/policy/rate_limit_options.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace symphony {

/// What a limiter answers. A small value: refusals cost no allocation.
struct rate_decision {
    enum class verdict : std::uint8_t {
        admitted,  ///< go, at once
        queued,    ///< the waiter's `on_granted` will be called
        refused,   ///< too early: try again after `retry_after`
        full,      ///< the queue is full; `retry_after` as for refused
        never,     ///< the cost is above what a level can ever grant
    };
    verdict what = verdict::admitted;
    std::uint8_t level = 0;  ///< index of the binding level when not admitted
    duration retry_after{};  ///< rounded up: a caller that waits exactly this long is admitted
                             ///< if nobody else comes first; see `rate_limiter` for long queues
    [[nodiscard]] bool admitted() const noexcept { return what == verdict::admitted; }
};

/// A caller in the queue. Owned by the caller; its address is its identity while it is queued.
struct rate_waiter {
    using callback = void (*)(rate_waiter&) noexcept;
    using refusal = void (*)(rate_waiter&, const rate_decision& why) noexcept;

    explicit rate_waiter(callback granted, refusal refused = nullptr) noexcept
        : on_granted(granted), on_refused(refused) {}
    rate_waiter(const rate_waiter&) = delete;
    rate_waiter& operator=(const rate_waiter&) = delete;

    /// Called once, from `poll`, outside the limiter's lock, on the polling thread. When it runs
    /// the permit is the caller's.
    callback on_granted;
    /// Called once instead, from `reconfigure`, outside the limiter's lock, when the new limits can
    /// never grant the cost. Null: the waiter leaves the queue untold.
    refusal on_refused;
    std::uint32_t cost = 1;
    std::uint8_t priority = 5;        ///< 0 (first) … 9
    instant latest = instant::max();  ///< a grant later than this is of no use
    instant granted_at{};             ///< set before `on_granted`; names the permit for `refund`

    // The limiter's own links.
    rate_waiter* next = nullptr;
    rate_waiter* previous = nullptr;
    rate_waiter* class_last = nullptr;
    bool queued = false;
};

/// A limit of one or more levels with a fair queue: a request is admitted when every level admits
/// it, and a refusal consumes nothing. Decisions are pure functions of the history and `now`;
/// nothing here sleeps or reads a clock. Time is integer arithmetic with carried remainders.
///
/// Sliding windows keep one exact log of admissions shared by all levels up to 100 000 permits
/// (8 bytes each, allocated as used); larger levels count in slots of 1/1000 of the window,
/// rounding against the caller. Token and leaky buckets are GCRA (ITU-T I.371).
///
/// What one more waiter, one less and a grant cost does not depend on the queue's length, unless
/// more than 64 wait and their costs differ. Among more than 64 of equal cost the moments foretold
/// are those of an undisturbed queue: late polls, server hints and refunds since are allowed for by
/// a longer `retry_after`, waiters ahead that will have to give up are not.
///
/// Thread-safe. `now` may lag between threads by scheduling; it is taken as monotonic.
class rate_limiter {
public:
    /// Throws std::invalid_argument when the options have no level or an impossible one.
    explicit rate_limiter(const rate_limit_options& options);
    ~rate_limiter();
    rate_limiter(const rate_limiter&) = delete;
    rate_limiter& operator=(const rate_limiter&) = delete;

    /// Admits at once or refuses; never passes a queued caller. Cost 0 answers as a cost of 1 would
    /// be answered and changes nothing.
    [[nodiscard]] rate_decision try_acquire(instant now, std::uint32_t cost = 1) noexcept;

    /// As `try_acquire`, and queues the waiter where it would have to wait. Refused at once when
    /// the queue is full (`full`) or the wait is known to end after `waiter.latest` (`refused`).
    /// First in, first out inside a priority class; lower numbers first. Cost 0 never queues.
    [[nodiscard]] rate_decision acquire(instant now, rate_waiter& waiter);

    /// Takes a waiter out of the queue. True: it was queued and will not be called. False: it is
    /// not queued (any more): if `on_granted` ran or runs, the permit is the caller's to refund.
    /// Where another thread polls or reconfigures, `on_granted` or `on_refused` may then still be
    /// about to run: the waiter has to outlive it.
    bool cancel(rate_waiter& waiter, instant now) noexcept;

    /// Grants every head whose time has come, in order. Returns when to poll next, if any wait. A
    /// waiter whose `latest` passed, or can no longer be met, is passed over and holds up nobody;
    /// it stays queued until its owner cancels it.
    std::optional<instant> poll(instant now);

    /// When `poll` is due next, if anybody waits. Ask again after `acquire` and `cancel`.
    [[nodiscard]] std::optional<instant> next_poll(instant now) const;

    /// Gives back a permit admitted at `admitted_at` (the `now` of `try_acquire`, or `granted_at`)
    /// that was not used. Never gives back more than keeps the limit: a bucket that overflowed
    /// since, or an even spacing that others were fitted to, gets less or nothing. So does, but for
    /// windows up to 100 000, what was charged before a change of limits.
    void refund(instant admitted_at, std::uint32_t cost, instant now) noexcept;

    /// A server's hint: nothing is admitted before `until`. Never shortens an earlier pause.
    void pause(instant until, instant now) noexcept;
    /// A server's hint: at most `left` permits before `until`. The latest word counts, but one that
    /// comes when all are used holds against it until its end. 0 is a pause. A permit of since then
    /// that is refunded is left again.
    void narrow(std::uint64_t left, instant until, instant now) noexcept;
    struct allowance {
        std::uint64_t left = 0;
        instant until{};
    };
    /// What `narrow` leaves; nothing where no such hint holds.
    [[nodiscard]] std::optional<allowance> narrowed(instant now) const noexcept;

    /// Takes new limits; what is already used carries over and the queue stays, but for waiters
    /// whose cost can never be granted any more: they are refused as `never`.
    /// Throws std::invalid_argument, changing nothing, on impossible options.
    void reconfigure(const rate_limit_options& options, instant now);

    /// Frees what an idle limiter does not need: an empty queue's place and, once the budget is
    /// full, the history. For housekeeping at leisure; `look` does it too.
    void trim(instant now) noexcept;

    /// Bytes held, heap included.
    [[nodiscard]] std::size_t memory() const noexcept;

    struct level_view {
        std::uint64_t max = 0;
        duration window{};
        std::uint64_t remaining = 0;  ///< permits that would be admitted at this moment
        duration reset{};             ///< until the level is full again
    };
    struct view {
        rate_strategy strategy{};
        std::size_t queued = 0;
        std::vector<level_view> levels;
    };
    [[nodiscard]] view look(instant now) const;
    [[nodiscard]] std::size_t queued() const noexcept;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace symphony
