#pragma once

#include "call/shared_queue.hpp"
#include "fake_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace symphony::call_testing {

struct waiter final : shared_waiter {
    explicit waiter(std::uint32_t permits) : shared_waiter([](rate_waiter&) noexcept {}) {
        cost = permits;
    }
};

/// A queue before a model, with a clock moved by hand. The model decides when a claim is made and
/// its answer takes `trip`; with `way` it decides after one way, and the answer takes another.
class shared_queue_rig : public ::testing::Test {
protected:
    void make(std::uint64_t max, duration window,
              std::optional<duration> lease = std::chrono::milliseconds(100)) {
        limit.limits = {{max, window, 0}};
        model.emplace(max, window);
        queue.emplace(limit, lease);
    }

    // One caller: at once from a lease, else in the queue.
    void arrive(std::uint32_t cost = 1, std::uint8_t priority = 5,
                instant latest = instant::max()) {
        ++arrived;
        if (const auto permit = queue->take(now, cost)) {
            note_use(cost, permit->ticket);
            return;
        }
        waiter& made = *waiters.emplace_back(std::make_unique<waiter>(cost));
        made.priority = priority;
        made.latest = latest;
        queue->number(made);
        shared_actions then;
        const rate_decision told = queue->add(now, made, then);
        if (told.what != rate_decision::verdict::queued) {
            ++refused;
            last_refusal = told;
        }
        play(then);
    }

    // Its time in the queue is over, as its own timer would say.
    void end_time(waiter& who) {
        shared_actions then;
        queue->time_is_up(now, who, then);
        play(then);
    }

    void leave(waiter& who) {
        shared_actions then;
        (void)queue->remove(now, who, then);
        play(then);
    }

    void play(const shared_actions& then) {
        for (const auto& grant : then.grants) {
            ASSERT_TRUE(granted.insert(grant.who).second) << "granted twice";
            note_use(grant.who->cost, grant.permit.ticket);
        }
        refused += then.refusals.size();
        if (!then.refusals.empty()) last_refusal = then.refusals.back().why;
        for (const auto& refund : then.refunds) {
            ++commands;
            model->give_back(refund.ticket, refund.permits);
            if (refund.awaited) goes_back.emplace(now + trip, refund.ticket);
        }
        for (const auto& claim : then.claims) {
            ++commands;
            biggest = std::max(biggest, claim.what.cost);
            if (way) {
                to_store.emplace(now + way(), claim);
            } else {
                on_their_way.emplace(now + trip, std::pair(claim.id, decide(claim.what)));
            }
        }
    }

    rate_grant decide(const rate_claim& what) {
        const rate_grant made = model->claim(now, what);
        if (made.permits > 0) made_of[made.ticket] = {model->charged_at(), what.cost, what.hold};
        return made;
    }

    // To `until`, stopping wherever something is due.
    void run(instant until) {
        for (;;) {
            instant next = until;
            if (!on_their_way.empty()) next = std::min(next, on_their_way.begin()->first);
            if (!to_store.empty()) next = std::min(next, to_store.begin()->first);
            if (!goes_back.empty()) next = std::min(next, goes_back.begin()->first);
            if (const auto due = queue->next(now)) next = std::min(next, std::max(*due, now));
            now = next;
            if (!to_store.empty() && to_store.begin()->first <= now) {
                const shared_actions::claim asked = to_store.begin()->second;
                to_store.erase(to_store.begin());
                on_their_way.emplace(now + way(), std::pair(asked.id, decide(asked.what)));
                continue;
            }
            shared_actions then;
            if (!goes_back.empty() && goes_back.begin()->first <= now) {
                const std::uint64_t ticket = goes_back.begin()->second;
                goes_back.erase(goes_back.begin());
                queue->returned(now, ticket, true, then);
            } else if (!on_their_way.empty() && on_their_way.begin()->first <= now) {
                const auto [id, grant] = on_their_way.begin()->second;
                on_their_way.erase(on_their_way.begin());
                queue->answer(now, id, grant, then);
            } else {
                queue->tick(now, then);
                if (now >= until && then.grants.empty() && then.claims.empty()) {
                    play(then);
                    return;
                }
            }
            play(then);
        }
    }

    void note_use(std::uint32_t cost, std::uint64_t ticket) {
        for (std::uint32_t i = 0; i < cost; ++i) {
            uses.push_back(now);
            used_of.push_back(ticket);
        }
    }

    void expect_no_window_above(std::uint64_t max, duration window) const {
        for (std::size_t i = max; i < uses.size(); ++i)
            ASSERT_GE(uses[i] - uses[i - max], window) << i;
    }

    // What a ticket was granted for.
    struct terms {
        instant charged;
        std::uint32_t cost = 0;
        duration hold{};
    };

    rate_limit_options limit;
    std::optional<window_model> model;
    std::optional<shared_queue> queue;
    instant now = instant(std::chrono::hours(1000));
    duration trip = std::chrono::microseconds(300);
    std::function<duration()> way;
    std::multimap<instant, shared_actions::claim> to_store;
    std::multimap<instant, std::pair<std::uint64_t, rate_grant>> on_their_way;
    std::multimap<instant, std::uint64_t> goes_back;
    std::map<std::uint64_t, terms> made_of;  // by the last number of a ticket
    std::vector<std::unique_ptr<waiter>> waiters;
    std::set<const shared_waiter*> granted;
    std::vector<instant> uses;
    std::vector<std::uint64_t> used_of;  // the tickets of `uses`
    rate_decision last_refusal{};
    std::size_t commands = 0;
    std::size_t refused = 0;
    std::size_t arrived = 0;
    std::uint32_t biggest = 0;
};

}  // namespace symphony::call_testing
