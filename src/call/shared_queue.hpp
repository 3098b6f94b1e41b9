#pragma once

#include "call/lease_sizer.hpp"
#include "call/promise_log.hpp"
#include "call/shared_waiter.hpp"
#include "symphony/store/rate_store.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace symphony {

/// What follows from a step of a `shared_queue`, to be done once its lock is free.
struct shared_actions {
    struct grant {
        shared_waiter* who;
        rate_permit permit;
    };
    struct refusal {
        shared_waiter* who;
        rate_decision why;
        bool unavailable = false;
    };
    struct claim {
        std::uint64_t id;
        rate_claim what;
    };
    struct refund {
        std::uint64_t ticket;
        std::uint32_t permits;
    };
    std::vector<grant> grants{};
    std::vector<refusal> refusals{};
    std::vector<claim> claims{};
    std::vector<refund> refunds{};
    bool rearm = false;  ///< `next` may have come nearer
};

/// The queue of one process before a shared budget: who waits here, what was asked of the store for
/// them and what it promised. It decides and does nothing: claims, grants and refunds come out as
/// actions, and `now` is an argument.
///
/// One claim is made for each waiter, or for several of equal cost together where leases pay. What
/// is granted is used at its moment, never before, by the first waiter in the local order with the
/// cost it was claimed for, so priorities hold without further round trips. Of each cost as many
/// permits are asked for or promised as there are waiters: what a leaving waiter no longer needs is
/// taken from the latest promise and goes back. Not thread-safe.
class shared_queue {
public:
    shared_queue(const rate_limit_options& limit, std::optional<duration> lease_time);

    /// Takes permits of a running lease; nothing when there are none or somebody waits.
    [[nodiscard]] std::optional<rate_permit> take(instant now, std::uint32_t cost) noexcept;
    /// Gives a newcomer its place in the order, whichever queue it will stand in.
    void number(shared_waiter& waiter) noexcept;
    /// Queues the numbered waiter (`queued`) or says why not. Cost 0 asks the store for its word
    /// only.
    [[nodiscard]] rate_decision add(instant now, shared_waiter& waiter, shared_actions& then);
    /// The waiter leaves. False: it is not here (any more).
    bool remove(instant now, shared_waiter& waiter, shared_actions& then);
    /// The store's answer to a claim, at the moment it arrived.
    void answer(instant now, std::uint64_t claim, const rate_grant& grant, shared_actions& then);
    /// A permit of a lease that still runs goes back into it; false when it does not.
    bool put_back(instant now, const rate_permit& permit, std::uint32_t cost, shared_actions& then);
    /// Nothing is used before `until`. No claim is made before `pause_told`: the store has to know;
    /// nor within 50 ms, for such hints come in bursts.
    /// False: it was paused so long already, and there is nothing to tell.
    [[nodiscard]] bool pause(instant now, instant until, shared_actions& then);
    void pause_told(instant now, shared_actions& then);
    /// Does what is due.
    void tick(instant now, shared_actions& then);
    /// When `tick` is due next.
    [[nodiscard]] std::optional<instant> next(instant now) const;
    /// The store is gone: everybody leaves, in order, and what was promised is forgotten.
    [[nodiscard]] std::vector<shared_waiter*> abandon();
    void reconfigure(const rate_limit_options& limit, std::optional<duration> lease_time);

    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
    [[nodiscard]] instant paused_until() const noexcept { return paused_until_; }
    [[nodiscard]] std::uint64_t most_cost() const noexcept { return most_cost_; }
    [[nodiscard]] std::uint32_t instances() const noexcept { return instances_; }
    /// When a newcomer would be admitted, as far as is known here.
    [[nodiscard]] duration outlook(instant now, std::uint32_t cost = 1) const noexcept;

private:
    using place = shared_waiter::place;
    // Permits that were granted and not yet used.
    struct holding {
        std::uint64_t ticket;
        std::uint32_t permits;
        std::uint32_t unit;   // the cost they were claimed for
        std::uint32_t owed;   // of them, how many waiters had been promised
        instant until;        // never after the moment that they are charged for
        bool lease;           // meant for newcomers as well
        bool opened = false;  // offered before
    };
    using holdings = std::multimap<instant, holding>;
    // A claim under way.
    struct question {
        std::uint32_t unit;
        std::vector<place> askers;
        instant sent;
        duration hold;
        std::uint64_t pauses;  // how many there had been
        bool queue_full;       // nobody may wait for it
    };
    // Of one cost: permits in units of it.
    struct account {
        std::int64_t waiters = 0;
        std::int64_t covered = 0;  // asked for or promised
        std::int64_t asking = 0;   // waiters for whom a claim is still to be made
    };

    void adopt(const rate_limit_options& limit);
    [[nodiscard]] static std::int64_t units(const holding& h) noexcept {
        return h.permits / h.unit;
    }
    void spend(holding& from, std::uint32_t permits) noexcept;
    holdings::iterator hand_back(holdings::iterator which, shared_actions& then);
    void leave(shared_waiter& waiter) noexcept;
    void want_claim(shared_waiter& waiter);
    [[nodiscard]] shared_waiter* pick(std::uint32_t unit, std::uint32_t permits,
                                      instant now) noexcept;
    void serve(instant now, shared_actions& then);
    void shed(std::uint32_t unit, account& of, instant now, shared_actions& then);
    void cover(std::uint32_t unit, const account& of);
    void settle(instant now, shared_actions& then);
    void ask(instant now, shared_actions& then);
    [[nodiscard]] bool may_ask(instant now, const account& of, std::uint32_t unit,
                               const lease_plan& plan, shared_actions& then);
    [[nodiscard]] std::vector<place> gather(const shared_waiter& first, std::size_t most);
    void ask_for(shared_waiter& first, instant now, const lease_plan& plan, shared_actions& then);
    void use_surplus(shared_waiter& waiter, instant now, shared_actions& then);
    [[nodiscard]] bool is_too_late(instant at, const shared_waiter& waiter) const noexcept {
        return waiter.latest < at && waiting_.rbegin()->second->latest < at;
    }
    [[nodiscard]] std::size_t reserved() const noexcept;
    [[nodiscard]] bool is_saturated(instant now) const noexcept {
        return !held_.empty() && held_.rbegin()->first > now;
    }
    void keep(instant now, const question& asked, const rate_grant& grant, shared_actions& then);
    void refuse(instant now, const question& asked, const rate_grant& grant, shared_actions& then);
    void refuse_late(const question& asked, instant at, const rate_grant& grant,
                     shared_actions& then);
    void answer_look(instant now, const question& asked, const rate_grant& grant,
                     shared_actions& then);

    std::size_t most_waiting_ = 0;
    duration longest_wait_{};
    std::uint64_t most_cost_ = 0;
    std::uint8_t most_level_ = 0;
    lease_sizer sizer_;
    promise_log promises_;
    std::uint32_t instances_ = 1;
    std::uint64_t turns_ = 0;
    std::uint64_t claims_ = 0;
    std::uint64_t pauses_ = 0;
    int pauses_untold_ = 0;
    instant paused_until_ = instant::min();
    instant quiet_until_ = instant::min();  // no claims before
    std::optional<instant> linger_until_;
    std::size_t asked_waiters_ = 0;
    std::map<place, shared_waiter*> waiting_;
    std::map<place, shared_waiter*> looks_;
    std::map<std::uint64_t, shared_waiter*> to_ask_;  // by turn
    std::map<std::uint32_t, account> accounts_;       // by cost
    std::map<std::uint64_t, question> questions_;
    holdings held_;  // by the moment from which they may be used
};

}  // namespace symphony
