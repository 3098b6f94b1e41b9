#pragma once

#include "call/lease_sizer.hpp"
#include "call/promise_log.hpp"
#include "call/shared_waiter.hpp"
#include "symphony/store/rate_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
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
    std::vector<refund> refunds{};  ///< the newest first: no others go back
    bool rearm = false;             ///< `next` may have come nearer
    /// New limits hold from now on: for the claims here already, for the refunds not yet.
    bool turned_over = false;
    /// The store has to know of a pause, before it is asked for anything more.
    std::optional<duration> tell_pause{};
};

/// The queue of one process before a shared budget: who waits here, what was asked of the store for
/// them and what it promised. It decides and does nothing: claims, grants and refunds come out as
/// actions, and `now` is an argument.
///
/// One claim is made for each waiter, or for several of equal cost together where leases pay. What
/// is granted is used at its moment, never before, by the first waiter in the local order with the
/// cost it was claimed for, so priorities hold without further round trips. Of each cost as many
/// permits are asked for or promised as there are waiters: what a leaving waiter no longer needs is
/// taken from the latest promise and goes back.
///
/// The store takes back what nothing later stands on. So promises that a pause or new limits make
/// useless go back together, the newest first, once no claim is under way, and before the next one.
/// Not thread-safe.
class shared_queue {
    // The end of one pause looks a little different in every answer: by what its way took, which is
    // known, and by what the two clocks differ since, which is not. 10 ms are a minute at 150 ppm,
    // and little beside hints of whole seconds.
    static constexpr duration pause_tolerance = std::chrono::milliseconds(10);

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
    /// A server's hint: at most `left` permits are used here before `until`, then it is a pause.
    /// The latest word counts, but one that comes when all are used holds against it until its end.
    void narrow(instant now, std::uint64_t left, instant until) noexcept;
    /// The store says for how long it is paused still, in answer to what was sent then. As `pause`,
    /// but nothing is told to the store, or two processes would go on telling each other.
    void hear_pause(instant now, instant sent, duration left, shared_actions& then);
    /// The queue's own time is over for this waiter: it is refused, unless an answer that it cannot
    /// do without is still on its way, or a promise that was in time by the store's clock.
    void time_is_up(instant now, shared_waiter& waiter, shared_actions& then);
    /// Does what is due.
    void tick(instant now, shared_actions& then);
    /// When `tick` is due next.
    [[nodiscard]] std::optional<instant> next(instant now) const;
    /// The store is gone: everybody leaves, in order, and what was promised is forgotten.
    [[nodiscard]] std::vector<shared_waiter*> abandon();
    /// It is back, and was paused for so long then; a longer pause that began here it has to be
    /// told of (`tell_pause`) before anything is claimed.
    void resume(instant now, duration paused, shared_actions& then);
    /// Whoever the new limits never admit is refused. Other levels or another strategy hold from
    /// the next `tick` or `answer` on that finds no claim under way, and no claim is made before:
    /// what was promised for later goes back then and is asked for anew (`turned_over`).
    void reconfigure(instant now, const rate_limit_options& limit,
                     std::optional<duration> lease_time, shared_actions& then);

    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
    [[nodiscard]] instant paused_until() const noexcept { return paused_until_; }
    /// What `narrow` leaves; nothing where no such hint holds.
    [[nodiscard]] std::optional<rate_limiter::allowance> narrowed(instant now) const noexcept {
        if (now >= allowed_until_) return std::nullopt;
        return rate_limiter::allowance{allowance_, allowed_until_};
    }
    /// New limits do not hold yet.
    [[nodiscard]] bool is_changing() const noexcept { return changing_; }
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
        duration trip;        // by so much their moment may be too late here
        bool at_once;         // the limit made nobody wait for them
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
    void make_sizes();
    [[nodiscard]] static std::int64_t units(const holding& h) noexcept {
        return h.permits / h.unit;
    }
    void spend(holding& from, std::uint32_t permits) noexcept;
    holdings::iterator hand_back(holdings::iterator which, shared_actions& then);
    void leave(shared_waiter& waiter) noexcept;
    void want_claim(shared_waiter& waiter);
    [[nodiscard]] shared_waiter* pick(holdings::const_iterator from, std::uint32_t permits,
                                      instant now) noexcept;
    void serve(instant now, shared_actions& then);
    void shed(std::uint32_t unit, account& of, instant now, shared_actions& then);
    void cover(std::uint32_t unit, const account& of);
    void settle(instant now, shared_actions& then);
    void ask(instant now, shared_actions& then);
    [[nodiscard]] bool may_ask(instant now, const account& of, const shared_waiter& first,
                               const lease_plan& plan, shared_actions& then);
    [[nodiscard]] std::vector<place> gather(const shared_waiter& first, std::size_t most);
    void ask_for(shared_waiter& first, instant now, const lease_plan& plan, shared_actions& then);
    void use_surplus(shared_waiter& waiter, instant now, shared_actions& then);
    [[nodiscard]] static bool misses(const shared_waiter& waiter,
                                     const holdings::value_type& promise) noexcept {
        const auto& [at, h] = promise;
        return waiter.latest < at || (!h.at_once && waiter.queue_until < later(at, -h.trip));
    }
    // Unless the last in the order can take it: then another's comes to this one in time, perhaps.
    [[nodiscard]] bool is_too_late(const holdings::value_type& promise,
                                   const shared_waiter& waiter) const noexcept {
        return misses(waiter, promise) && misses(*waiting_.rbegin()->second, promise);
    }
    [[nodiscard]] bool may_stay(instant now, const shared_waiter& waiter) const;
    [[nodiscard]] bool is_served_in_time(instant now, const shared_waiter& waiter) const;
    void dismiss_overdue(instant now, shared_actions& then);
    void hold_off(instant now, instant until, duration blur);
    void tell_again(instant now, shared_actions& then);
    [[nodiscard]] bool use_allowance(instant now, std::uint32_t cost) noexcept;
    [[nodiscard]] bool end_allowance(instant now, shared_actions& then);
    void recall(instant now, shared_actions& then);
    [[nodiscard]] std::size_t reserved() const noexcept;
    // Without those that only look.
    [[nodiscard]] std::size_t claims_under_way() const noexcept {
        return questions_.size() - std::min(looks_.size(), questions_.size());
    }
    [[nodiscard]] bool is_saturated(instant now) const noexcept {
        return !held_.empty() && held_.rbegin()->first > now;
    }
    [[nodiscard]] holdings::iterator hold(instant from, const holding& made);
    void keep(instant now, const question& asked, const rate_grant& grant, shared_actions& then);
    void refuse(instant now, const question& asked, const rate_grant& grant, shared_actions& then);
    void refuse_late(instant now, const question& asked, const holdings::value_type& promise,
                     const rate_grant& grant, shared_actions& then);
    void answer_look(instant now, const question& asked, const rate_grant& grant,
                     shared_actions& then);

    rate_limit_options limit_;
    std::optional<duration> lease_time_;
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
    bool recalling_ = false;  // what lies inside a pause has to go back
    bool changing_ = false;   // new limits do not hold yet
    instant paused_until_ = instant::min();
    duration pause_blur_{};  // by so much that may be too late
    instant own_pause_until_ = instant::min();
    std::uint64_t allowance_ = 0;  // of permits, until then
    instant allowed_since_{};
    instant allowed_until_ = instant::min();
    instant quiet_until_ = instant::min();  // no claims before
    std::optional<instant> linger_until_;
    std::size_t asked_waiters_ = 0;
    std::map<place, shared_waiter*> waiting_;
    std::map<place, shared_waiter*> looks_;
    std::set<place> overdue_;                         // their time is up, and they may stay
    std::map<std::uint64_t, shared_waiter*> to_ask_;  // by turn
    std::map<std::uint32_t, account> accounts_;       // by cost
    std::map<std::uint64_t, question> questions_;
    holdings held_;  // by the moment from which they may be used
};

}  // namespace symphony
