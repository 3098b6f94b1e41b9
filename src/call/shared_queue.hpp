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
#include <utility>
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
    struct refund : rate_refund {
        bool awaited = false;  ///< `returned` has to say whether the store took it
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
/// One claim is made for each waiter in the local order, or for several that follow each other
/// where leases pay. What is granted is used at its moment, never before, by the first in that
/// order for whom it suffices, so where all have one cost priorities hold without further round
/// trips. As many permits are asked for or promised as the waiters need: what a leaving waiter no
/// longer needs is taken from the latest promise and goes back.
///
/// Where costs differ, one that comes before others or leaves them may turn promises and waiters
/// out of step. Then the promises from there on go back and are asked for anew, in order.
///
/// The store takes back what nothing later stands on. So promises that a pause, new limits or
/// another order make useless go back together, the newest first, once no claim is under way, and
/// before the next one. Behind the promise of another process none goes back: a promise that only
/// stands in the wrong order is kept then. Not thread-safe.
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
    /// Whether the store took what was to go back, where that is awaited.
    void returned(instant now, std::uint64_t ticket, bool taken, shared_actions& then);
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
        std::uint64_t below;  // 0: some were used
        std::uint32_t permits;
        std::size_t askers;   // it was claimed for so many
        std::uint32_t owed;   // of them, how many waiters had been promised
        instant until;        // never after the moment that they are charged for
        duration trip;        // by so much their moment may be too late here
        bool at_once;         // the limit made nobody wait for them
        bool lease;           // meant for newcomers as well
        bool opened = false;  // offered before; what is left suffices for nobody who waits
    };
    using holdings = std::multimap<instant, holding>;
    // A claim under way.
    struct question {
        std::uint32_t permits;  // 0: it only looks
        std::vector<place> askers;
        instant sent;
        duration hold;
        std::uint64_t pauses;   // how many there had been
        bool queue_full;        // nobody may wait for it
        std::size_t newcomers;  // of the askers, who had no place before
    };
    class fitting;
    // By the moment: promises of which so much is for nobody.
    using spare_permits = std::vector<std::pair<holdings::iterator, std::uint32_t>>;

    void adopt(const rate_limit_options& limit);
    void make_sizes();
    [[nodiscard]] bool have_one_cost() const noexcept { return costs_.size() <= 1; }
    [[nodiscard]] rate_permit use(holding& from, std::uint32_t permits, instant now) noexcept;
    void open(holding& h) noexcept;
    holdings::iterator insert(instant from, const holding& kept);
    holdings::iterator hand_back(holdings::iterator which, shared_actions& then);
    void hand_back_part(holding& of, std::uint32_t permits, shared_actions& then);
    void take_out(const shared_waiter& waiter) noexcept;
    void leave(const shared_waiter& waiter) noexcept;
    void want_claim(shared_waiter& waiter);
    void want_no_claim(const shared_waiter& waiter) noexcept;
    [[nodiscard]] shared_waiter* pick(const holdings::value_type& promise, std::uint32_t permits,
                                      instant now) const noexcept;
    void serve(instant now, shared_actions& then);
    void shed(instant now, shared_actions& then);
    void cover();
    void arrange(instant now, shared_actions& then);
    [[nodiscard]] bool may_go_back(instant now,
                                   const holdings::value_type& promise) const noexcept {
        // Soon due, it would only be used late.
        return promise.first > later(now, promise.second.trip) && promise.second.ticket > stuck_;
    }
    void reorder(instant now, bool mends, holdings::iterator parting, shared_actions& then);
    void shed_spare(instant now, spare_permits& spare, shared_actions& then);
    void settle(instant now, shared_actions& then);
    void ask(instant now, shared_actions& then);
    [[nodiscard]] bool may_ask(instant now, const lease_plan& plan, shared_actions& then);
    [[nodiscard]] question gather(std::size_t most, std::uint32_t most_permits);
    void ask_for_first(instant now, const lease_plan& plan, shared_actions& then);
    void use_surplus(shared_waiter& waiter, instant now, shared_actions& then);
    [[nodiscard]] static bool misses(const shared_waiter& waiter,
                                     const holdings::value_type& promise) noexcept {
        const auto& [at, h] = promise;
        return waiter.latest < at || (!h.at_once && waiter.queue_until < later(at, -h.trip));
    }
    // Unless all have one cost and the last in the order can take it: then another's comes to this
    // one in time, perhaps.
    [[nodiscard]] bool is_too_late(const holdings::value_type& promise,
                                   const shared_waiter& waiter) const noexcept {
        return misses(waiter, promise) &&
               (!have_one_cost() || misses(*waiting_.rbegin()->second, promise));
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
    void place_waiter(shared_waiter& waiter) noexcept;
    [[nodiscard]] bool give_places(instant now, const std::vector<shared_waiter*>& promised,
                                   shared_actions& then);
    // Places in the queue that are taken, or will be if the store says so.
    [[nodiscard]] std::size_t occupied() const noexcept {
        return std::max(reserved() + asked_waiters_, placed_ + asked_newcomers_);
    }
    // Whoever only looks does not count.
    [[nodiscard]] std::size_t claims_under_way() const noexcept {
        return questions_.size() - std::min(looks_.size(), questions_.size());
    }
    [[nodiscard]] bool is_waiting_for_store() const noexcept {
        return claims_under_way() > 0 || !returning_.empty();
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
    bool recalling_ = false;   // what lies inside a pause has to go back
    bool changing_ = false;    // new limits do not hold yet
    bool unfit_ = false;       // promises and waiters may be out of step
    bool reordering_ = false;  // they are, and promises go back for it
    instant paused_until_ = instant::min();
    duration pause_blur_{};  // by so much that may be too late
    instant own_pause_until_ = instant::min();
    std::uint64_t allowance_ = 0;  // of permits, until then
    instant allowed_since_{};
    instant allowed_until_ = instant::min();
    instant quiet_until_ = instant::min();  // no claims before
    std::optional<instant> linger_until_;
    std::size_t asked_waiters_ = 0;
    std::size_t asked_newcomers_ = 0;
    std::size_t placed_ = 0;  // waiters who had a promise or have one
    std::map<place, shared_waiter*> waiting_;
    std::map<place, shared_waiter*> looks_;
    std::set<place> overdue_;  // their time is up, and they may stay
    std::map<place, shared_waiter*> to_ask_;
    std::map<std::uint32_t, std::size_t> costs_;  // how many waiters have it
    std::uint64_t wanted_ = 0;                    // permits: of all waiters,
    std::uint64_t covered_ = 0;                   // asked for or promised for later,
    std::uint64_t asking_ = 0;                    // and of `to_ask_`
    std::map<std::uint64_t, question> questions_;
    holdings held_;                  // by the moment from which they may be used, then by ticket
    holdings returning_;             // the store is asked to take them back
    std::size_t most_returned_ = 1;  // at once
    std::uint64_t stuck_ = 0;        // tickets up to this one do not go back
    instant reordered_until_ = instant::min();  // what went back so far is paid for then
    instant reorder_at_ = instant::max();       // enough of it
};

}  // namespace symphony
