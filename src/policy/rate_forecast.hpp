#pragma once

#include "policy/rate_state.hpp"
#include "policy/wait_queue.hpp"

#include <array>
#include <cstdint>

namespace symphony::detail {

/// Plays the queue forward: when does each waiter go if nobody leaves and nobody else comes? Exact,
/// O(waiters x levels), without allocation. Writes each waiter's moment into its `granted_at`,
/// which means nothing else until the waiter is granted. Lives shorter than what it was built from.
class rate_forecast {
public:
    /// A server's hint: only so many permits go before a moment.
    struct hold {
        std::uint64_t permits = 0;
        instant until = instant::min();
    };

    /// Nothing is admitted before `from`.
    rate_forecast(const rate_state& state, const wait_queue& queue, instant from,
                  hold held) noexcept;

    /// The moment of a newcomer of `cost` behind `last` (null: before everybody).
    [[nodiscard]] rate_state::bound behind(const rate_waiter* last, std::uint64_t cost) noexcept;

private:
    // The waiter that holds a permit `level.max` permits back, for the sliding windows.
    struct cursor {
        const rate_waiter* waiter = nullptr;
        std::int64_t begin = 0;  // number of its first permit, counted from the head of the queue
    };

    [[nodiscard]] rate_state::bound earliest(std::uint64_t cost) noexcept;
    [[nodiscard]] instant window_bound(std::size_t level, std::int64_t offset) noexcept;
    void place(rate_waiter& w) noexcept;

    const rate_state& state_;
    const wait_queue& queue_;
    hold held_;
    instant clock_;            // when the latest one placed goes
    std::int64_t placed_ = 0;  // permits given to those placed
    std::array<cursor, max_levels> cursors_{};
    std::array<gcra, max_levels> rates_{};
};

}  // namespace symphony::detail
