#pragma once

#include "policy/gcra.hpp"
#include "policy/permit_log.hpp"
#include "policy/short_array.hpp"
#include "policy/slot_log.hpp"
#include "symphony/policy/rate_limit_options.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace symphony::detail {

inline constexpr std::size_t max_levels = 8;

/// The history of one budget: what was admitted, on all levels. Knows no queue. Times given to
/// `take` never go back. Not thread-safe.
class rate_state {
public:
    /// A moment and the level that imposes it.
    struct bound {
        instant at = instant::min();
        std::uint8_t level = 0;
    };

    /// Before every moment given to `take`, and far enough from the range's end to subtract from.
    static constexpr instant long_ago{duration(-(std::numeric_limits<std::int64_t>::max() / 4))};

    /// Takes valid levels.
    rate_state(rate_strategy strategy, const std::vector<rate_level>& levels);

    [[nodiscard]] rate_strategy strategy() const noexcept { return strategy_; }
    [[nodiscard]] std::size_t levels() const noexcept { return count_; }
    [[nodiscard]] bool same_limits(const rate_state& other) const noexcept;
    /// When it last spent or inherited; `long_ago`: never.
    [[nodiscard]] instant newest() const noexcept { return newest_; }
    /// The highest cost every level can grant, and the level that says so.
    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }
    [[nodiscard]] std::uint8_t most_level() const noexcept { return most_level_; }

    /// When `cost` (1 ... most()) is admitted by every level.
    [[nodiscard]] bound earliest(std::uint64_t cost) const noexcept;
    /// Spends; `now` is not before `earliest(cost)`. False: out of memory, nothing is spent.
    [[nodiscard]] bool take(instant now, std::uint64_t cost) noexcept;
    /// What was taken before `inherit` comes back only from a log that was taken over as it was:
    /// elsewhere nothing tells it from what others still use.
    void refund(instant admitted_at, std::uint64_t cost, instant now) noexcept;
    [[nodiscard]] rate_limiter::level_view look(std::size_t level, instant now) const noexcept;
    /// Frees the history when the budget is full again.
    void trim(instant now) noexcept;
    /// Charges what `old` has used, level by level of equal windows, else of equal place.
    void inherit(rate_state&& old, instant now);
    [[nodiscard]] std::size_t memory() const noexcept;

private:
    friend class queue_plan;
    friend class rate_forecast;

    struct window_level {
        std::uint32_t max = 0;  // at most 10^9
        duration window{};
        std::unique_ptr<slot_log> slots;  // too large for the log
    };
    struct windows {
        permit_log log;
        duration reach{};        // time the log must reach back
        std::uint32_t keep = 0;  // permits it must reach back: 0 = no level uses it
        short_array<window_level, 2, max_levels> levels;
    };
    struct bucket {
        gcra rate;
        refund_bound refunds;
    };

    [[nodiscard]] bool sliding() const noexcept {
        return strategy_ == rate_strategy::sliding_window;
    }
    [[nodiscard]] std::span<bucket> buckets() noexcept {
        return {buckets_.get(), buckets_ ? levels() : 0};
    }
    [[nodiscard]] std::span<const bucket> buckets() const noexcept {
        return {buckets_.get(), buckets_ ? levels() : 0};
    }
    [[nodiscard]] std::uint64_t max_of(std::size_t index) const noexcept {
        return sliding() ? windows_->levels[index].max : buckets_[index].rate.max();
    }
    [[nodiscard]] duration window_of(std::size_t index) const noexcept {
        return sliding() ? windows_->levels[index].window : buckets_[index].rate.window();
    }
    void add_window(const rate_level& given);
    [[nodiscard]] instant window_bound(const window_level& l, std::int64_t offset) const noexcept;
    [[nodiscard]] std::uint64_t used(std::size_t index, instant now) const noexcept;
    [[nodiscard]] std::uint64_t used_like(const rate_state& old, std::size_t index,
                                          instant now) const noexcept;
    [[nodiscard]] bool note(instant t, std::uint64_t count, instant now) noexcept;
    [[nodiscard]] bool inherit_log(rate_state& old, instant now);
    void seed_windows(const rate_state& old, instant now);

    rate_strategy strategy_;
    std::uint8_t count_ = 0;  // of levels
    std::uint8_t most_level_ = 0;
    std::uint32_t most_ = 0;  // no level grants more than 10^9
    instant newest_ = long_ago;
    // What a strategy needs, and nothing of the other: many keys hold this many times.
    std::unique_ptr<bucket[]> buckets_;  // as many as levels; none for sliding windows
    std::unique_ptr<windows> windows_;   // for sliding windows only
    instant inherited_ = long_ago;       // when
};

}  // namespace symphony::detail
