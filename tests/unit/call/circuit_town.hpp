#pragma once

#include "call/circuit_member.hpp"
#include "store/memory_circuit.hpp"
#include "symphony/policy/circuit_breaker.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace symphony::call_testing {

using namespace std::chrono_literals;

/// Processes that share one circuit, each with a breaker, a member and calls of its own, on one
/// clock that goes in steps. Calls end within the step they begin in.
class circuit_town {
public:
    struct process {
        process(std::uint64_t who, const circuit_breaker_options& options,
                std::optional<circuit_member::page_timing> page)
            : breaker(options), member(who, options, page) {}

        circuit_breaker breaker;
        circuit_member member;
        duration call_every = 50ms;  ///< 0: none
        bool well = true;            ///< whether its calls succeed
        bool reaches_store = true;
        bool page_is_well = false;
        instant next_call{};
        instant next_round{};
        instant next_page{};
        bool refused = false;
        int admitted = 0;
        int refusals = 0;
        int pages = 0;
    };

    explicit circuit_town(std::size_t size, circuit_breaker_options options = usual(),
                          std::optional<circuit_member::page_timing> page = {}) {
        for (std::size_t i = 0; i < size; ++i) {
            all.push_back(std::make_unique<process>(i + 1, options, page));
            // Out of step, as real ones are.
            all.back()->next_round = now + 37ms * static_cast<int>(i);
            all.back()->next_call = now + 11ms * static_cast<int>(i);
        }
        page_ = page;
    }

    static circuit_breaker_options usual() {
        circuit_breaker_options options;
        options.failure_threshold = 5;
        options.minimum_requests = 10;
        options.reset_timeout = 2s;
        options.max_reset_timeout = 8s;
        return options;
    }

    process& operator[](std::size_t i) { return *all[i]; }
    circuit_state state(std::size_t i) { return all[i]->breaker.inspect(now).state; }
    std::size_t in_state(circuit_state wanted) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < all.size(); ++i)
            count += state(i) == wanted ? 1 : 0;
        return count;
    }
    void set_well(bool well) {
        for (const auto& one : all)
            one->well = well;
    }
    /// Calls that were admitted since the last time this was asked.
    int take_admitted() {
        int sum = 0;
        for (const auto& one : all)
            sum += std::exchange(one->admitted, 0);
        return sum;
    }

    /// Runs until `done`, at most so long. True when it came.
    bool run_until(const std::function<bool()>& done, duration most = 10min) {
        const instant end = now + most;
        while (!done()) {
            if (now >= end) return false;
            step();
        }
        return true;
    }
    void run(duration length) {
        run_until([] { return false; }, length);
    }

    instant now{1'000s};
    std::vector<std::unique_ptr<process>> all;
    std::size_t most_trying = 0;  ///< processes half-open at the same time
    detail::memory_circuit store;

private:
    void step() {
        now += 5ms;
        for (const auto& one : all) {
            play_call(*one);
            play_page(*one);
            if (now >= one->next_round) play_round(*one);
        }
        most_trying = std::max(most_trying, in_state(circuit_state::half_open));
    }

    void play_call(process& one) {
        if (one.call_every == 0s || now < one.next_call) return;
        one.next_call = now + one.call_every;
        auto permit = one.breaker.try_acquire(now, now + 1s);
        if (!permit) {
            one.refused = true;
            ++one.refusals;
            return;
        }
        ++one.admitted;
        const std::uint64_t before = one.breaker.inspect(now).generation;
        one.well ? permit->success(now) : permit->failure(now);
        if (one.breaker.inspect(now).generation != before) one.next_round = now;
    }

    void play_page(process& one) {
        if (!page_ || state_of(one) != circuit_state::open || now < one.next_page) return;
        one.next_page = now + page_->interval;
        if (!one.member.may_check()) return;
        ++one.pages;
        if (one.member.is_led()) {
            one.member.note_health(one.page_is_well);
            one.next_round = now;
        } else if (one.page_is_well) {
            one.breaker.half_open(now);
        }
    }

    circuit_state state_of(process& one) const { return one.breaker.inspect(now).state; }

    void play_round(process& one) {
        obey(one, one.member.prepare(one.breaker.inspect(now), now));
        const circuit_report says = one.member.say(one.breaker.inspect(now), now, one.refused);
        if (one.reaches_store) {
            const auto at =
                std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
            const circuit_council told = store.hear(at.count(), says);
            obey(one, one.member.hear(told, one.breaker.inspect(now), now));
            if (told.turn == circuit_turn_kind::probe) one.refused = false;
        } else {
            one.member.lose_contact();
        }
        one.next_round = one.member.next(one.breaker.inspect(now), now);
    }

    void obey(process& one, const circuit_member::order& what) const {
        using action = circuit_member::order::action;
        if (what.what == action::open) one.breaker.open_with_peers(now, what.until);
        if (what.what == action::recover) one.breaker.recover_with_peers(now);
    }

    std::optional<circuit_member::page_timing> page_;
};

}  // namespace symphony::call_testing
