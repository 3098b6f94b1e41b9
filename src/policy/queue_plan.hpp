#pragma once

#include "policy/rate_state.hpp"
#include "policy/wait_queue.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>

namespace symphony::detail {

/// When each place of a long queue goes, for waiters of one cost: worked out once a place and kept,
/// so that a newcomer costs O(levels) instead of a replay of the whole queue. A moment belongs to a
/// place, not to a waiter: who leaves changes nothing but the number of places.
///
/// Moments hold if every grant is made at its own. Where grants were late, or a pause came, by at
/// most d, no later one is off by more than d (the moments are a max-plus linear function of
/// those before; slots add their length): `late` is that d. What is given back makes moments
/// earlier. Both are made good by working all out anew, at most once in as many operations as an
/// eighth of the places. Not thread-safe.
class queue_plan {
public:
    struct moment {
        rate_state::bound due;  ///< at the soonest
        duration late{};        ///< and at most so much later
    };

    /// Takes over the queue as it is; from then on hears of every change.
    explicit queue_plan(const wait_queue& queue) noexcept;

    /// Nobody of its cost is left: it can tell nothing any more.
    [[nodiscard]] bool is_spent() const noexcept {
        return std::accumulate(waiting_.begin(), waiting_.end(), 0) == others_;
    }
    /// Bytes held, this object included.
    [[nodiscard]] std::size_t memory() const noexcept {
        return sizeof(*this) + capacity_ * sizeof(rate_state::bound);
    }
    /// Of a newcomer behind all of class `rank`. Nothing: costs differ, or no memory is left.
    [[nodiscard]] std::optional<moment> behind(std::uint8_t rank, std::uint32_t cost,
                                               const rate_state& state, instant from) noexcept;

    void on_push(const rate_waiter& w) noexcept { count(w, 1); }
    void on_cancel(const rate_waiter& w) noexcept { count(w, -1); }
    void on_grant(const rate_waiter& w, instant at) noexcept;
    /// Something else happened to the budget.
    void on_change() noexcept { stale_ = true; }

private:
    void count(const rate_waiter& w, int change) noexcept {
        waiting_[wait_queue::class_of(w)] += change;
        if (w.cost != unit_) others_ += change;
        ++operations_;
    }
    // A nanosecond more: of an even spacing, fractions of one may be lost.
    void be_late(duration by) noexcept {
        if (by > duration::zero()) late_ = std::max(late_, by + duration(1));
    }
    [[nodiscard]] bool reserve(std::size_t places) noexcept;
    void work_out(std::size_t places, const rate_state& state, instant from) noexcept;
    [[nodiscard]] rate_state::bound next_place(const rate_state& state, instant from) noexcept;
    [[nodiscard]] rate_state::bound& place(std::size_t i) const noexcept {
        return ring_[(first_ + i) & (capacity_ - 1)];
    }

    std::uint32_t unit_;  // the cost of all
    std::int32_t others_ = 0;
    std::array<std::int32_t, wait_queue::classes> waiting_{};
    std::unique_ptr<rate_state::bound[]> ring_;
    std::size_t capacity_ = 0;  // 0 or a power of two
    std::size_t first_ = 0;     // the head's place in the ring
    std::size_t known_ = 0;     // places worked out
    std::size_t operations_ = 0;
    duration late_{};
    bool stale_ = false;
    std::array<gcra, max_levels> rates_{};  // after the last place known
};

}  // namespace symphony::detail
