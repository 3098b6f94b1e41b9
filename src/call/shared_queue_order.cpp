// Keeps promises and waiters in step where costs differ.
#include "call/shared_queue.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace symphony {

namespace {

using verdict = rate_decision::verdict;

// Each promise that goes back is asked for anew: two commands. So order is mended at a thousand
// promises a second, and a thousand in advance: a longer queue goes back as a whole, and the next
// time has to wait until that is paid.
constexpr duration price_of_return = std::chrono::milliseconds(1);
constexpr duration most_owed = std::chrono::seconds(1);
constexpr std::size_t most_at_once = std::size_t{1} << 20;

}  // namespace

/// Gives out what is promised and asked for as it will be: in the order of the moments, each time
/// to the first in the order of the waiters for whom the rest of it suffices.
class shared_queue::fitting {
public:
    fitting(const std::map<place, shared_waiter*>& waiting, instant now) {
        for (const auto& [place, waiter] : waiting) {
            if (waiter->latest >= now) lanes_[waiter->cost].waiters.push_back(waiter);
        }
    }

    /// What is left of so many permits that were asked for by so many. Null: their moment is not
    /// known, nobody misses it.
    std::uint32_t give(std::uint32_t permits, std::size_t askers,
                       const holdings::value_type* promise) {
        in_step_ = true;
        const std::uint32_t all = permits;
        std::size_t served = 0;
        while (permits > 0) {
            const auto [first, lane] = next(permits, promise);
            if (first != nullptr && (lane == nullptr || lane->first() != first)) in_step_ = false;
            if (lane == nullptr) break;
            permits -= lane->first()->cost;
            if (promise != nullptr) promised_.push_back(lane->first());
            ++lane->given;
            ++served;
        }
        // For fewer permits there may be an earlier moment.
        if (served > askers || (permits > 0 && permits < all)) in_step_ = false;
        return permits;
    }
    /// In what was given last nobody was passed, it serves as many as it was asked for, and nothing
    /// of it is left unless all is and nobody waits for more.
    [[nodiscard]] bool is_in_step() const noexcept { return in_step_; }
    /// Some miss what would have been theirs.
    [[nodiscard]] bool has_late() const noexcept { return has_late_; }
    /// Whom promises serve.
    [[nodiscard]] const std::vector<shared_waiter*>& promised() const noexcept { return promised_; }
    /// Who got nothing and misses nothing.
    template <class Do>
    void for_rest(Do what) const {
        for (const auto& [cost, lane] : lanes_) {
            for (std::size_t i = lane.given; i < lane.waiters.size(); ++i)
                what(*lane.waiters[i]);
        }
    }

private:
    // Those of one cost.
    struct lane {
        std::vector<shared_waiter*> waiters{};
        std::size_t given = 0;
        [[nodiscard]] shared_waiter* first() const noexcept {
            return given < waiters.size() ? waiters[given] : nullptr;
        }
    };
    struct found {
        const shared_waiter* first = nullptr;  // of all
        lane* serves = nullptr;                // whose first is the first that it suffices for
    };

    found next(std::uint32_t permits, const holdings::value_type* promise) {
        found made;
        for (auto& [cost, one] : lanes_) {
            while (promise != nullptr && one.first() != nullptr && misses(*one.first(), *promise)) {
                ++one.given;
                has_late_ = true;
            }
            const shared_waiter* const who = one.first();
            if (who == nullptr) continue;
            if (made.first == nullptr || who->where < made.first->where) made.first = who;
            if (cost > permits) continue;
            if (made.serves == nullptr || who->where < made.serves->first()->where)
                made.serves = &one;
        }
        return made;
    }

    std::map<std::uint32_t, lane> lanes_{};
    std::vector<shared_waiter*> promised_{};
    bool in_step_ = true;
    bool has_late_ = false;
};

void shared_queue::arrange(instant now, shared_actions& then) {
    fitting fit(waiting_, now);
    auto parting = held_.end();  // where they part, as far as it can be mended
    bool in_step = true;
    bool mends = false;
    spare_permits spare;
    for (auto at = held_.begin(); at != held_.end(); ++at) {
        holding& h = at->second;
        if (h.opened) continue;
        const std::uint32_t left = fit.give(h.permits, h.askers, &*at);
        if (left > 0 && !h.lease) spare.emplace_back(at, left);
        if (fit.is_in_step()) continue;
        in_step = false;
        if (mends || !may_go_back(now, *at)) continue;
        mends = true;
        parting = at;
    }
    if (!give_places(now, fit.promised(), then)) {
        arrange(now, then);
        return;
    }
    bool loose = false;
    for (const auto& [id, asked] : questions_) {
        loose = fit.give(asked.permits, asked.askers.size(), nullptr) > 0 || loose;
        mends = mends || (!fit.is_in_step() && is_saturated(now));  // else nobody waits for long
        in_step = in_step && fit.is_in_step();
    }
    to_ask_.clear();
    asking_ = 0;
    fit.for_rest([this](shared_waiter& waiter) { want_claim(waiter); });
    reorder(now, mends, parting, then);
    if (!reordering_ && !is_waiting_for_store()) shed_spare(now, spare, then);
    unfit_ = !in_step || loose || fit.has_late() || !spare.empty();
}

// Whom another's promise serves needs a place as well, unless its own claim is under way to get one
// or not. False: somebody found none and left.
bool shared_queue::give_places(instant now, const std::vector<shared_waiter*>& promised,
                               shared_actions& then) {
    const std::size_t told = then.refusals.size();
    for (shared_waiter* const waiter : promised) {
        if (waiter->placed || waiter->claims > 0) continue;
        if (most_waiting_ == 0 || placed_ + asked_newcomers_ < most_waiting_) {
            place_waiter(*waiter);
            continue;
        }
        leave(*waiter);
        then.refusals.push_back({waiter, {verdict::full, 0, outlook(now, waiter->cost)}});
    }
    return then.refusals.size() == told;
}

// Those from `parting` on go back, the newest first. A process that is not alone tries one, then
// two, four and so on, for behind another's promise all of it would be in vain.
void shared_queue::reorder(instant now, bool mends, holdings::iterator parting,
                           shared_actions& then) {
    reordering_ = mends && !recalling_ && !changing_;
    reorder_at_ = later(reordered_until_, -most_owed);
    if (!mends) most_returned_ = 1;
    if (reordering_ && now < reorder_at_) reordering_ = false;
    if (!reordering_ || is_waiting_for_store() || parting == held_.end()) return;
    std::size_t most = instances_ == 1 ? held_.size() : most_returned_;
    for (bool there = false; !there && most > 0; --most) {
        const auto newest = std::prev(held_.end());
        if (!may_go_back(now, *newest)) break;
        there = newest == parting;
        const holding& h = newest->second;
        then.refunds.push_back({{h.ticket, h.permits, h.below}, true});
        covered_ -= h.permits;
        returning_.insert(held_.extract(newest));
        reordered_until_ = later(std::max(reordered_until_, now), price_of_return);
    }
    reordering_ = !returning_.empty();
}

void shared_queue::returned(instant now, std::uint64_t ticket, bool taken, shared_actions& then) {
    // The newest went first, and so does its answer.
    auto found = returning_.end();
    while (found != returning_.begin() && std::prev(found)->second.ticket != ticket)
        --found;
    if (found == returning_.begin()) return;  // from before the store was given up
    const auto [at, kept] = *--found;
    returning_.erase(found);
    if (taken) {
        promises_.take_back(ticket, kept.permits);
    } else {
        insert(at, kept);
        stuck_ = std::max(stuck_, ticket);
        most_returned_ = 1;
    }
    unfit_ = true;
    if (!returning_.empty()) return;
    if (taken) most_returned_ = std::min(2 * most_returned_, most_at_once);
    then.rearm = true;
    tick(now, then);
}

// Gives back what is promised beyond need, the latest first. Leases are meant for newcomers as
// well, and a claim under way is looked at when it is answered.
void shared_queue::shed(instant now, shared_actions& then) {
    const std::uint32_t cost = costs_.empty() ? 1 : costs_.begin()->first;
    for (auto at = held_.end(); covered_ >= wanted_ + cost && at != held_.begin();) {
        --at;
        holding& h = at->second;
        if (at->first <= now) return;
        if (h.lease) continue;
        const std::uint64_t surplus = (covered_ - wanted_) / cost * cost;
        hand_back_part(h, static_cast<std::uint32_t>(std::min<std::uint64_t>(surplus, h.permits)),
                       then);
        if (h.permits == 0) at = held_.erase(at);
    }
}

// As `shed`, where costs differ.
void shared_queue::shed_spare(instant now, spare_permits& spare, shared_actions& then) {
    while (!spare.empty() && spare.back().first == std::prev(held_.end())) {
        const auto [at, permits] = spare.back();
        if (!may_go_back(now, *at)) return;
        spare.pop_back();
        hand_back_part(at->second, permits, then);
        if (at->second.permits > 0) return;
        held_.erase(at);
    }
}

}  // namespace symphony
