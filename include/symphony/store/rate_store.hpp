#pragma once

#include "symphony/core/result.hpp"
#include "symphony/core/time.hpp"
#include "symphony/policy/rate_limit_options.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace symphony {

/// A budget that several processes share: equal keys are one budget.
struct shared_limit {
    std::string key;  ///< the key prefix
    rate_strategy strategy = rate_strategy::sliding_window;
    std::vector<rate_level> levels;  ///< 1 … 8
};

/// What is asked of a shared budget.
struct rate_claim {
    std::uint32_t cost = 1;  ///< permits needed; 0 only looks and takes none
    /// Above `cost`: as many as are free at once, up to this (a lease). A reservation is for `cost`
    /// alone, or it would take what others queue for; even spacing never frees more.
    std::uint32_t want = 0;
    /// The permits may be used from their moment on for so long; they are charged as used at its
    /// end, so that no window exceeds the limit through them. Without a hold they are charged as
    /// used at their very moment: what passes until they are used blurs the limit by as much.
    duration hold{};
    duration max_wait{};  ///< reserve a moment up to this far ahead; 0 = now or not at all
};

/// What the store answers.
struct rate_grant {
    enum class verdict : std::uint8_t {
        admitted,  ///< use the permits from now on
        reserved,  ///< use them after `wait`
        refused,   ///< nothing was spent; `wait` is what it would have taken
        never,     ///< the cost is above what a level can ever grant
    };
    verdict what = verdict::admitted;
    std::uint8_t level = 0;       ///< index of the binding level when not admitted
    std::uint32_t permits = 0;    ///< granted; 0 when refused
    duration wait{};              ///< rounded up, from the moment of the answer
    std::uint64_t ticket = 0;     ///< names what was granted for `give_back`; 0 = nothing was
    std::uint64_t below = 0;      ///< the ticket that was the newest before
    std::uint32_t instances = 1;  ///< processes seen lately on this key, this one included
    /// For how long a pause lasts still, from the moment of the answer; 0: there is none. What was
    /// granted is fitted behind it.
    duration paused{};
};

/// Permits that were granted and not used.
struct rate_refund {
    std::uint64_t ticket = 0;
    std::uint32_t permits = 1;
    /// The grant's, where all of it goes back. 0: a part does; what is left of the ticket is named
    /// by `ticket - permits` from then on.
    std::uint64_t below = 0;
};

/// Where shared budgets are kept. One decision is one atomic step over all levels; the clock is
/// the store's own, in whole microseconds; order is that of arrival there: a claim never passes an
/// earlier reservation. A refusal spends nothing.
///
/// Limits of a key may change at any time, also in turn: what is used stays used. Between windows
/// the history stands; buckets stay as full as they were, counted in permits; where the strategy
/// changes, and for windows kept in slots, what may be used counts as used at the latest charge.
///
/// An error is `store_unavailable`: no answer within the store's own short deadline; or `internal`
/// for a limit without a key or with impossible levels. A claim
/// that failed so may have been spent. Used from one executor; cancellation: terminal, at any
/// point.
class rate_store {
public:
    virtual ~rate_store() = default;
    [[nodiscard]] virtual boost::asio::awaitable<result<rate_grant>> claim(
        const shared_limit& of, const rate_claim& what) = 0;
    /// Gives back permits, at most as many as were granted: all of them while nothing later stands
    /// (the latest first gives back a whole row of them), else nothing, since others were fitted to
    /// them. Nothing either once the limits were changed so that their history had to be
    /// translated. The answer: whether they went back.
    [[nodiscard]] virtual boost::asio::awaitable<result<bool>> give_back(
        const shared_limit& of, const rate_refund& what) = 0;
    /// A server's hint: nothing is admitted to anybody for so long. Never shortens a pause.
    [[nodiscard]] virtual boost::asio::awaitable<result<void>> pause(const shared_limit& of,
                                                                     duration length) = 0;
    [[nodiscard]] virtual boost::asio::awaitable<result<rate_limiter::view>> look(
        const shared_limit& of) = 0;
};

}  // namespace symphony
