#pragma once

#include "symphony/core/timers.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace symphony {

/// The maths of a `timers`: a 4-ary heap of pending timers that knows each one's place. Arming is
/// O(log n), and O(1) for the latest so far; disarming leaves a hole and is O(1): the holes go when
/// they come to the front or outnumber the timers. Allocates only when it grows beyond what it ever
/// held. It knows no clock: the driver asks `next` when to call `expire`.
/// For one thread. Timers still armed when it goes are disarmed, and told if they want to be.
class timer_heap {
public:
    timer_heap() = default;
    ~timer_heap();
    timer_heap(const timer_heap&) = delete;
    timer_heap& operator=(const timer_heap&) = delete;

    /// Arms, or moves an armed timer.
    void arm(timer& t, instant at);
    /// Harmless when it is not armed.
    void disarm(timer& t) noexcept;
    /// The earliest moment something is due.
    [[nodiscard]] std::optional<instant> next() noexcept;
    /// Fires what is due at `now`, earliest first, each disarmed before its callback runs.
    /// Callbacks may arm and disarm any timer. Fires at most as many as were armed on entry, so one
    /// that re-arms itself in the past cannot hold the thread. Returns how many fired.
    std::size_t expire(instant now) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size() - holes_; }

private:
    // The moment is kept beside the pointer: comparing touches no timer.
    struct entry {
        instant at;
        timer* owner;  // null: a hole
    };
    static constexpr std::size_t arity = 4;

    void place(std::size_t slot, entry e) noexcept;
    void sift_up(std::size_t slot, entry e) noexcept;
    void sift_down(std::size_t slot, entry e) noexcept;
    void resettle(std::size_t slot, entry e) noexcept;
    void drop_front() noexcept;
    void drop_holes() noexcept;

    std::vector<entry> entries_;
    std::size_t holes_ = 0;
};

}  // namespace symphony
