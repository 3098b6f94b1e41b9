#pragma once

#include "symphony/policy/circuit_breaker.hpp"

#include <algorithm>
#include <vector>

namespace symphony::testing {

/// The breaker as a plain model that keeps every outcome and every probe in lists.
struct breaker_model {
    struct outcome {
        std::int64_t bucket;
        bool failed;
    };
    struct probe {
        int id;
        instant latest;
    };

    explicit breaker_model(const circuit_breaker_options& o) : options(o), reset(o.reset_timeout) {}

    circuit_breaker_options options;
    circuit_state state = circuit_state::closed;
    circuit_control mode = circuit_control::automatic;
    int generation = 0;
    int step = 0;              // of a gradual recovery
    std::uint32_t tenths = 0;  // of a call that the share has saved up
    std::uint32_t row = 0;
    std::uint32_t successes = 0;
    duration reset;
    instant until{};
    instant opened{};
    std::vector<outcome> outcomes;
    std::vector<probe> probes;

    // The window is counted in 12 parts.
    [[nodiscard]] std::int64_t bucket(instant now) const {
        return now.time_since_epoch() / std::max<duration>(options.window / 12, duration(1));
    }
    void go(circuit_state to) {
        state = to;
        ++generation;
        step = 0;
        tenths = 0;
        successes = 0;
        probes.clear();
        if (to == circuit_state::closed) {
            row = 0;
            outcomes.clear();
            reset = options.reset_timeout;
        }
    }
    [[nodiscard]] duration longest() const {
        return options.max_reset_timeout.value_or(10 * options.reset_timeout);
    }
    void open(instant now) {
        if (state == circuit_state::half_open) reset = std::min(reset * 2, longest());
        go(circuit_state::open);
        opened = now;
        until = now + reset;
    }
    void healthy() {
        if (state == circuit_state::open && mode != circuit_control::open) {
            go(circuit_state::half_open);
        }
    }
    void sick(instant now, instant longer) {
        if (state != circuit_state::open || mode == circuit_control::open) return;
        if (now < opened + longest()) until = std::max(until, std::min(longer, opened + longest()));
    }
    [[nodiscard]] bool shares() const {
        return state == circuit_state::half_open && options.recovery == recovery_kind::gradual &&
               (step > 0 || successes > 0);
    }
    bool next_in_share() {
        constexpr std::uint32_t parts[]{1, 2, 4, 8};
        tenths += parts[step];
        if (tenths < 10) return false;
        tenths -= 10;
        return true;
    }
    [[nodiscard]] bool has_place(instant now) {
        std::erase_if(probes, [&](const probe& p) { return p.latest <= now; });
        const bool alone = options.recovery == recovery_kind::gradual;
        return probes.size() < (alone ? 1 : options.success_threshold);
    }
    bool look(instant now) {
        if (mode == circuit_control::open) return false;
        if (state == circuit_state::open) return now >= until;
        return state == circuit_state::closed || shares() || has_place(now);
    }
    bool ask(instant now, int& turn) {
        turn = -1;
        if (!shares() || mode == circuit_control::open) {
            const bool free = look(now);
            if (state == circuit_state::half_open && !free) (void)save_up();
            return free;
        }
        if (!next_in_share()) return false;
        turn = generation;
        return true;
    }
    // Those who come while the probe is alone are calls of the first step as well.
    bool save_up() { return options.recovery == recovery_kind::gradual && next_in_share(); }
    bool acquire(instant now, int id, instant latest, int turn = -1) {
        if (mode == circuit_control::open) return false;
        if (state == circuit_state::open) {
            if (now < until) return false;
            go(circuit_state::half_open);
        }
        if (state == circuit_state::closed) return true;
        if (shares()) return turn == generation || next_in_share();
        const bool free = has_place(now);
        (void)save_up();
        if (free) probes.push_back({id, latest});
        return free;
    }
    void count(instant now, bool failed) {
        outcomes.push_back({bucket(now), failed});
        std::erase_if(outcomes, [&](const outcome& o) { return o.bucket <= bucket(now) - 12; });
        if (mode == circuit_control::closed) return;
        if (!options.failure_rate && !options.latency_threshold) return;
        const auto bad = std::ranges::count_if(outcomes, &outcome::failed);
        if (outcomes.size() < options.minimum_requests) return;
        const double share = static_cast<double>(bad) / static_cast<double>(outcomes.size());
        if (share >= options.failure_rate.value_or(0.5)) open(now);
    }
    void slow(instant now, int permit_generation, bool is_probe) {
        if (permit_generation == generation && !is_probe) count(now, true);
    }
    void half_open_result(instant now, int id, bool shared, int permit_step, bool failed) {
        const bool gone = std::erase_if(probes, [&](const probe& p) { return p.id == id; }) == 0;
        if (gone && !shared) return;
        if (failed) {
            ++row;
            open(now);
            return;
        }
        if (permit_step != step || ++successes < options.success_threshold) return;
        if (options.recovery == recovery_kind::gradual && step < 3) {
            ++step;
            successes = 0;
            tenths = 0;
        } else {
            go(circuit_state::closed);
        }
    }
    void result(instant now, int permit_generation, bool failed, bool late, bool counted) {
        if (permit_generation != generation) return;
        row = failed ? row + 1 : 0;
        if (!counted) count(now, failed || late);
        if (permit_generation != generation) return;
        if (row >= options.failure_threshold && mode != circuit_control::closed) open(now);
    }
    void drop(int id, int permit_generation) {
        if (permit_generation == generation) {
            std::erase_if(probes, [&](const probe& p) { return p.id == id; });
        }
    }
    void control(circuit_control to) {
        if (to == mode) return;
        const bool keep = to == circuit_control::closed && state == circuit_state::closed;
        mode = to;
        if (!keep) go(to == circuit_control::open ? circuit_state::open : circuit_state::closed);
    }
};

}  // namespace symphony::testing
