#pragma once

#include "symphony/core/timers.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace symphony {

/// The maths of a `timers`: a hierarchical timing wheel (Varghese and Lauck 1987, scheme 7) whose
/// finest slots are single nanoseconds, so that no moment is rounded. Arming, moving and disarming
/// are O(1) and allocate nothing; one that comes due has moved down a level at most `levels - 1`
/// times, however many are pending. It knows no clock: the driver asks `next` when to call
/// `expire`.
/// For one thread. Timers still armed when it goes are disarmed, and told if they want to be.
class timer_wheel {
public:
    timer_wheel() noexcept;
    ~timer_wheel();
    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;

    /// Arms, or moves an armed timer.
    void arm(timer& t, instant at) noexcept;
    /// Harmless when it is not armed.
    void disarm(timer& t) noexcept;
    /// When to call `expire` next: the earliest moment something is due, or one before it where the
    /// earliest was disarmed.
    [[nodiscard]] std::optional<instant> next() const noexcept;
    /// Fires what is due at `now`, earliest first and, of one moment, in the order it was armed;
    /// what was armed for a moment before the last `now` comes at once. `now` never goes back. Each
    /// is disarmed before its callback runs. Callbacks may arm and disarm any timer. Fires at most
    /// as many as were armed on entry, so one that re-arms itself in the past cannot hold the
    /// thread. Returns how many fired.
    std::size_t expire(instant now) noexcept;
    /// Disarms all: who asked for it is told that it is lost. A callback may do so.
    void clear() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    static constexpr unsigned bits = 6;
    static constexpr std::size_t slots = 1U << bits;
    static constexpr std::size_t levels = (64 + bits - 1) / bits;

    // A ring of the timers of a slot, which begins and ends here.
    struct ring : timer_link {
        std::uint64_t earliest = 0;  // of all that joined since it was empty
    };

    void join(timer& t) noexcept;
    void leave(timer& t) noexcept;
    void mark_empty(std::size_t index) noexcept;
    [[nodiscard]] std::size_t first_ring() const noexcept;
    [[nodiscard]] std::uint64_t begin_of(std::size_t index) const noexcept;
    void move_down(std::size_t index) noexcept;
    void fire_first(std::size_t index) noexcept;

    std::array<ring, levels * slots> rings_{};
    std::array<std::uint64_t, levels> occupied_{};  // a bit a slot
    std::uint32_t occupied_levels_ = 0;             // a bit a level
    std::uint64_t reached_ = 0;                     // nothing that is armed lies before
    std::size_t size_ = 0;
};

}  // namespace symphony
