#pragma once

#include "store/charge_bucket.hpp"
#include "store/charge_log.hpp"
#include "store/charge_slots.hpp"
#include "store/rate_units.hpp"
#include "symphony/store/rate_store.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace symphony::detail {

/// What the scripts do in Redis, step by step, in C++: one shared budget, in whole microseconds of
/// a clock that may go back. The tests hold the two against each other. Not thread-safe.
class memory_budget {
public:
    /// What is asked; times in microseconds.
    struct question {
        std::int64_t cost = 1;
        std::int64_t want = 0;
        micros hold = 0;
        micros patience = 0;
    };
    struct answer {
        rate_grant::verdict what = rate_grant::verdict::admitted;
        std::int64_t level = 0;
        std::int64_t permits = 0;
        micros wait = 0;
        std::int64_t ticket = 0;
        micros paused = 0;
        std::int64_t below = 0;
    };
    struct free_and_reset {
        std::int64_t remaining = 0;
        micros reset = 0;
    };

    explicit memory_budget(rate_strategy strategy) noexcept : strategy_(strategy) {}

    /// One step under these limits at this moment. `what` calls one of the functions below, on a
    /// copy unless beginning changes nothing: a step that grants nothing leaves no trace.
    template <class Step>
    auto step(rate_strategy strategy, const std::vector<budget_level>& levels, micros real,
              Step what) {
        if (as_before(strategy, levels, real)) {
            begin(strategy, levels, real);
            return what(*this);
        }
        memory_budget changed = *this;
        changed.wrote_ = false;
        changed.begin(strategy, levels, real);
        auto answer = what(changed);
        if (changed.wrote_) *this = std::move(changed);
        return answer;
    }

    [[nodiscard]] answer claim(const question& asked);
    /// How many went back. `below` is the newest that stands then; 0: a part of the same ticket.
    std::int64_t give(std::int64_t ticket, std::int64_t n, std::int64_t below);
    /// Until when, by the budget's own clock.
    micros pause(micros length);
    [[nodiscard]] std::vector<free_and_reset> look() const;
    /// By the clock given to the latest step that changed something: when nothing is used any more.
    [[nodiscard]] micros expires() const noexcept { return expires_; }

private:
    [[nodiscard]] bool as_before(rate_strategy strategy, const std::vector<budget_level>& levels,
                                 micros real) const noexcept;
    void begin(rate_strategy strategy, const std::vector<budget_level>& levels, micros real);

    struct level {
        budget_level limit;
        int slots = -1;  // index into slots_; -1: uses the log
    };
    [[nodiscard]] bool sliding() const noexcept {
        return strategy_ == rate_strategy::sliding_window;
    }
    [[nodiscard]] micros due(std::size_t i, std::int64_t n) const noexcept;
    [[nodiscard]] std::int64_t free(std::size_t i) const noexcept;
    [[nodiscard]] micros full(std::size_t i) const noexcept;
    [[nodiscard]] std::int64_t as_many(const question& asked, std::int64_t most) const noexcept;
    void number(answer& made) noexcept;
    void charge(std::int64_t n, micros at);
    void store() noexcept;

    [[nodiscard]] bool windows_fit() const noexcept;
    void adopt_windows(rate_strategy old);
    [[nodiscard]] std::int64_t used_before(const budget_level& l, std::size_t i,
                                           bool windows) const noexcept;
    void adopt_buckets(rate_strategy old);
    [[nodiscard]] charge_bucket like_windows(const budget_level& l) const noexcept;

    rate_strategy strategy_;
    std::vector<level> levels_;
    charge_log log_;
    std::vector<charge_slots> slots_;
    std::vector<charge_bucket> buckets_;
    micros real_ = 0;
    micros now_ = 0;
    micros offset_ = 0;
    micros seen_ = 0;
    micros paused_ = 0;
    micros expires_ = 0;
    std::int64_t serial_ = 0;
    std::int64_t top_ = 0;
    bool went_back_ = false;
    bool wrote_ = false;
    bool stored_ = false;  // as the script lays it out: decides when its log grows
};

}  // namespace symphony::detail
