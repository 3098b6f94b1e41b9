#pragma once

#include "symphony/core/time.hpp"

#include <cstdint>
#include <memory>

namespace symphony::detail {

/// What `permit_log` is for levels too large to note every admission: permits are counted in slots
/// of at most 1/1000 of the window, and every permit counts as admitted at its slot's end. That
/// rounds against the caller: a window never holds more than its limit. Not thread-safe.
class slot_log {
public:
    using index = std::int64_t;

    /// `window` is at least 1 ms.
    explicit slot_log(duration window) noexcept : slot_(window / slots_in_window) {}

    [[nodiscard]] index begin() const noexcept { return begin_; }
    [[nodiscard]] index end() const noexcept { return end_; }
    /// The moment permit `i` counts as admitted. Requires begin() <= i < end().
    [[nodiscard]] instant at(index i) const noexcept;
    /// The first permit that counts as admitted at `t` or later; end() when there is none.
    [[nodiscard]] index lower_bound(instant t) const noexcept;
    [[nodiscard]] duration slot_length() const noexcept { return slot_; }
    /// What an admission at `t` counts as.
    [[nodiscard]] instant round_up(instant t) const noexcept;

    /// Adds `count` permits at `t`; those that count as admitted at `expired` or earlier are
    /// forgotten. False: out of memory, and nothing changed.
    [[nodiscard]] bool push(instant t, std::uint64_t count, instant expired) noexcept;
    /// Takes back up to `count` permits admitted at `t`.
    void refund(instant t, std::uint64_t count) noexcept;
    void clear() noexcept;
    [[nodiscard]] std::size_t memory() const noexcept {
        return slots_ ? capacity * sizeof(slot) : 0;
    }

private:
    struct slot {
        instant end;
        index total;  // permits up to and including this slot
    };
    static constexpr std::int64_t slots_in_window = 1000;
    static constexpr std::size_t capacity =
        1024;  // a window, its partial slots, and a power of two

    [[nodiscard]] slot& ring(std::uint64_t i) const noexcept { return slots_[i % capacity]; }
    template <class Predicate>
    [[nodiscard]] std::uint64_t first_where(Predicate holds) const noexcept;
    void forget(instant expired) noexcept;

    duration slot_;
    std::unique_ptr<slot[]> slots_;
    std::uint64_t first_ = 0;  // slots in use: [first_, last_)
    std::uint64_t last_ = 0;
    index begin_ = 0;
    index end_ = 0;
};

}  // namespace symphony::detail
