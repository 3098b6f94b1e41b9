#pragma once

#include <atomic>
#include <cstdint>

namespace symphony {

/// A count that one thread changes and any thread reads. No atomic addition, which would cost more
/// than the rest of what is counted here: each thread has a tally of its own, and they are summed
/// up when somebody looks.
class tally {
public:
    /// By the one thread.
    void add(std::uint64_t more = 1) noexcept {
        count_.store(count_.load(std::memory_order_relaxed) + more, std::memory_order_release);
    }
    /// By the one thread; never more than was added.
    void subtract(std::uint64_t less = 1) noexcept {
        count_.store(count_.load(std::memory_order_relaxed) - less, std::memory_order_release);
    }
    [[nodiscard]] std::uint64_t load() const noexcept {
        return count_.load(std::memory_order_acquire);
    }

private:
    std::atomic<std::uint64_t> count_{0};
};

}  // namespace symphony
