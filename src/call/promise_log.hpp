#pragma once

#include "symphony/core/time.hpp"
#include "symphony/policy/rate_limit_options.hpp"
#include "symphony/store/rate_store.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace symphony {

/// What a shared budget's store has promised this process, and what follows for a newcomer: the
/// moment at which the store would admit it after all of that, without asking. What other processes
/// took is known only as far as the store's answers show it: an answer with a wait says how far its
/// level is used up. Rounds up. Keeps the last 1024 claims; not thread-safe.
class promise_log {
public:
    explicit promise_log(const rate_limit_options& limit) { reconfigure(limit); }
    /// What is used stays used.
    void reconfigure(const rate_limit_options& limit);

    /// Permits were granted from `at` on and are charged at `charged`.
    void note(instant now, const rate_grant& grant, instant at, instant charged);
    /// The store refused a claim of that cost until then.
    void note_refusal(instant until, std::uint32_t cost) noexcept;
    /// Permits go back: as in the store, only of the newest grant.
    void take_back(std::uint64_t ticket, std::uint32_t permits);
    void clear() noexcept;

    /// When a claim of that cost would be admitted, at the soonest now.
    [[nodiscard]] instant next(instant now, std::uint32_t cost) const noexcept;

private:
    struct entry {
        std::uint64_t ticket;
        instant at;
        instant charged;
        std::uint32_t permits;
        std::uint8_t level;  // that made it wait
        bool waited;
    };
    struct level {
        rate_level limit;
        instant refilled = instant::min();  // a bucket's, when all is there again
        [[nodiscard]] duration worth(std::uint64_t permits) const noexcept;
        [[nodiscard]] std::uint64_t most() const noexcept {
            return limit.burst > 0 ? limit.burst : limit.max;
        }
    };

    void fill(instant at, instant charged, const rate_grant& grant) noexcept;
    [[nodiscard]] instant next_in_window(const level& of, std::uint32_t cost) const noexcept;
    [[nodiscard]] instant next_of_bucket(const level& of, std::uint32_t cost) const noexcept;

    rate_strategy strategy_ = rate_strategy::sliding_window;
    std::vector<level> levels_;
    duration longest_{};
    std::deque<entry> entries_;  // in the order of the claims
    instant refused_until_ = instant::min();
    std::uint32_t refused_cost_ = 0;
};

}  // namespace symphony
