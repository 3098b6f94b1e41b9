#pragma once

#include "store/rate_units.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

// The definitions of the strategies, without regard to cost, for the scripts to be held against.

namespace symphony::script_test {

using detail::budget_level;
using detail::micros;
__extension__ using wide = __int128;

/// Sliding windows: at most `max` are charged in (t - window, t], for the first t that is possible.
struct plain_window {
    struct charged {
        micros at;
        std::int64_t permits;
    };
    std::vector<charged> all;  // in order
    micros paused = 0;

    static micros rounded(const budget_level& l, micros at) {
        if (l.max <= detail::largest_logged) return at;
        const micros length = l.window / 1000;
        return (at / length + 1) * length;
    }
    [[nodiscard]] bool admits(const budget_level& l, micros t, std::int64_t cost) const {
        for (const charged& c : all)
            cost += rounded(l, c.at) > t - l.window ? c.permits : 0;
        return cost <= l.max;
    }
    [[nodiscard]] micros start(const std::vector<budget_level>& levels, micros now,
                               std::int64_t cost) const {
        const auto first = std::max(now, paused);
        const auto possible = [&](micros t) {
            return std::ranges::all_of(levels,
                                       [&](const budget_level& l) { return admits(l, t, cost); });
        };
        if (possible(first)) return first;
        std::vector<micros> moments;
        for (const charged& c : all) {
            for (const budget_level& l : levels)
                moments.push_back(rounded(l, c.at) + l.window);
        }
        std::ranges::sort(moments);
        const auto found =
            std::ranges::find_if(moments, [&](micros t) { return t > first && possible(t); });
        return found == moments.end() ? -1 : *found;
    }
    void charge(micros at, std::int64_t permits) {
        if (!all.empty()) at = std::max(at, all.back().at);
        all.push_back({at, permits});
    }
    void undo(std::int64_t permits) {
        while (permits > 0 && !all.empty()) {
            const std::int64_t gone = std::min(permits, all.back().permits);
            permits -= gone;
            if ((all.back().permits -= gone) == 0) all.pop_back();
        }
    }
};

/// Buckets in plain fractions: `filled` is when a level is full again, in 1/max µs.
struct plain_bucket {
    std::vector<wide> filled;
    micros paused = 0;
    bool spaced = false;

    [[nodiscard]] static wide up(wide n, wide by) { return n <= 0 ? 0 : (n + by - 1) / by; }
    [[nodiscard]] micros start(const std::vector<budget_level>& levels, micros now,
                               std::int64_t cost) const {
        micros latest = std::max(now, paused);
        for (std::size_t i = 0; i < levels.size(); ++i) {
            const budget_level& l = levels[i];
            const wide from = spaced ? filled[i] : filled[i] + wide{cost - l.most} * l.window;
            latest = std::max(latest, static_cast<micros>(up(from, l.max)));
        }
        return latest;
    }
    void charge(const std::vector<budget_level>& levels, micros at, std::int64_t permits) {
        for (std::size_t i = 0; i < levels.size(); ++i) {
            const budget_level& l = levels[i];
            const bool late = spaced ? up(filled[i], l.max) < at : filled[i] < wide{at} * l.max;
            if (late) filled[i] = wide{at} * l.max;
            filled[i] += wide{permits} * l.window;
        }
    }
    void undo(const std::vector<budget_level>& levels, std::int64_t permits) {
        for (std::size_t i = 0; i < levels.size(); ++i)
            filled[i] -= wide{permits} * levels[i].window;
    }
};

/// When permits were really used: what the promises are about.
struct uses {
    struct used {
        micros at;
        std::int64_t permits;
    };
    std::vector<used> all;

    /// Empty, or which limit was passed.
    [[nodiscard]] std::string broken(rate_strategy strategy,
                                     const std::vector<budget_level>& levels) {
        std::ranges::sort(all, {}, &used::at);
        for (const budget_level& l : levels) {
            const bool kept = strategy == rate_strategy::sliding_window ? window_kept(l)
                              : strategy == rate_strategy::token_bucket ? bucket_kept(l)
                                                                        : spacing_kept(l);
            if (!kept) return std::to_string(l.max) + " in " + std::to_string(l.window) + " µs";
        }
        return {};
    }

private:
    [[nodiscard]] bool window_kept(const budget_level& l) const {
        std::int64_t inside = 0;
        std::size_t from = 0;
        for (const used& u : all) {
            inside += u.permits;
            while (all[from].at <= u.at - l.window)
                inside -= all[from++].permits;
            if (inside > l.max) return false;
        }
        return true;
    }
    [[nodiscard]] bool bucket_kept(const budget_level& l) const {
        wide filled = 0;
        for (const used& u : all) {
            filled = std::max(filled, wide{u.at} * l.max) + wide{u.permits} * l.window;
            if (filled - wide{u.at} * l.max > wide{l.most} * l.window) return false;
        }
        return true;
    }
    // A use at the first whole µs after its exact moment counts as made at that moment.
    [[nodiscard]] bool spacing_kept(const budget_level& l) const {
        wide next = 0;
        for (const used& u : all) {
            if (wide{u.at} * l.max < next) return false;
            next = std::max(next, wide{u.at - 1} * l.max + 1) + wide{u.permits} * l.window;
        }
        return true;
    }
};

}  // namespace symphony::script_test
