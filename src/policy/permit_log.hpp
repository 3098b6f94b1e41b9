#pragma once

#include "symphony/core/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace symphony::detail {

/// The times of the latest admissions, oldest first: 8 bytes a permit in a ring that grows as used;
/// the first few lie in the object itself, in the cache lines that a decision reads anyway.
/// Permits are numbered; a number stays valid until it is forgotten or one before it is erased.
/// Not thread-safe.
class permit_log {
public:
    using index = std::int64_t;

    [[nodiscard]] index begin() const noexcept { return begin_; }
    [[nodiscard]] index end() const noexcept { return end_; }
    /// Requires begin() <= i < end().
    [[nodiscard]] instant at(index i) const noexcept { return ring()[slot(i)]; }
    /// The first permit admitted at `t` or later; end() when there is none.
    [[nodiscard]] index lower_bound(instant t) const noexcept;

    /// Adds `count` permits at `t`, which is not before the newest. Only the newest `keep` permits,
    /// and none admitted at `expired` or earlier, are needed any more. False: out of memory, and
    /// nothing changed.
    [[nodiscard]] bool push(instant t, std::uint64_t count, std::uint64_t keep,
                            instant expired) noexcept;
    /// Whether every permit admitted at `t` is still there and known to be of that moment.
    [[nodiscard]] bool remembers(instant t) const noexcept { return t > forgotten_; }
    /// Takes out `count` permits from `first` on; later ones move down.
    void erase(index first, std::uint64_t count) noexcept;
    /// From now on the permits up to `t` count, but are nobody's.
    void forget_owners(instant t) noexcept { forgotten_ = std::max(forgotten_, t); }
    /// Forgets what was admitted at `expired` or earlier and frees memory that this left unused.
    void shrink(instant expired) noexcept;
    /// Frees all memory.
    void clear() noexcept;
    /// Bytes outside the object.
    [[nodiscard]] std::size_t heap_bytes() const noexcept {
        return ring_ ? capacity_ * sizeof(instant) : 0;
    }

private:
    [[nodiscard]] std::size_t slot(index i) const noexcept {
        return static_cast<std::size_t>(i) & (capacity_ - 1);
    }
    [[nodiscard]] instant* ring() noexcept { return ring_ ? ring_.get() : few_.data(); }
    [[nodiscard]] const instant* ring() const noexcept { return ring_ ? ring_.get() : few_.data(); }
    [[nodiscard]] bool make_room(std::uint64_t count, std::uint64_t keep, instant expired) noexcept;
    void forget(index needed_from, instant expired) noexcept;
    [[nodiscard]] bool reallocate(std::size_t capacity) noexcept;

    static constexpr std::size_t few = 4;

    std::array<instant, few> few_{};
    std::unique_ptr<instant[]> ring_;  // where those do not suffice
    std::size_t capacity_ = few;       // a power of two
    index begin_ = 0;
    index end_ = 0;
    instant forgotten_ = instant::min();  // up to here permits were forgotten, or whose they are
};

}  // namespace symphony::detail
