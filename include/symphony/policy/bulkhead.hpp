#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace symphony {

class bulkhead;

/// The right to be one of those in flight, until `release` or its end. Move-only; one thread at a
/// time. Empty when there was none to be had.
class bulkhead_permit {
public:
    bulkhead_permit() noexcept = default;
    bulkhead_permit(bulkhead_permit&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)) {}
    bulkhead_permit& operator=(bulkhead_permit&& other) noexcept {
        if (this != &other) {
            release();
            owner_ = std::exchange(other.owner_, nullptr);
        }
        return *this;
    }
    bulkhead_permit(const bulkhead_permit&) = delete;
    bulkhead_permit& operator=(const bulkhead_permit&) = delete;
    ~bulkhead_permit() { release(); }

    /// Gives it back; harmless when it is not held.
    void release() noexcept;
    [[nodiscard]] bool held() const noexcept { return owner_ != nullptr; }

private:
    friend class bulkhead;
    explicit bulkhead_permit(bulkhead& owner) noexcept : owner_(&owner) {}

    bulkhead* owner_ = nullptr;
};

/// A caller in a bulkhead's queue. Owned by the caller; its address is its identity meanwhile.
struct bulkhead_waiter {
    using callback = void (*)(bulkhead_waiter&) noexcept;

    explicit bulkhead_waiter(callback granted) noexcept : on_granted(granted) {}
    bulkhead_waiter(const bulkhead_waiter&) = delete;
    bulkhead_waiter& operator=(const bulkhead_waiter&) = delete;

    /// Called once, outside the bulkhead's lock, on the thread that released a permit or raised the
    /// limit. `permit` is held when it runs.
    callback on_granted;
    std::uint8_t priority = 5;  ///< 0 (first) … 9
    bulkhead_permit permit;     ///< set by the bulkhead, the caller's to take

    // The bulkhead's own links.
    bulkhead_waiter* next = nullptr;
    bulkhead_waiter* previous = nullptr;
    bulkhead_waiter* class_last = nullptr;
    bool queued = false;
};

/// Bounds how many are in flight at a time, with a fair queue: what is slow fills its own
/// compartment and floods no other (Nygard, "Release It!", 2007). First in, first out inside a
/// priority class, lower numbers first; nobody passes those who wait. It knows no time: whoever
/// waits too long is taken out by `cancel`.
///
/// One compare-and-swap to take a permit and one to give it back while nobody waits; a short lock
/// while somebody does. No allocation. Thread-safe. It must outlive its permits.
class bulkhead {
public:
    /// `limit` at least 1; a queue of 0 means that nobody waits.
    explicit bulkhead(std::uint32_t limit, std::size_t max_queue_size = 0);
    ~bulkhead();
    bulkhead(const bulkhead&) = delete;
    bulkhead& operator=(const bulkhead&) = delete;

    /// A permit at once, or an empty one.
    [[nodiscard]] bulkhead_permit try_acquire() noexcept {
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        while (seen < limit_.load(std::memory_order_relaxed)) {  // never while somebody waits
            if (word_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
                return bulkhead_permit(*this);
            }
        }
        return {};
    }

    enum class verdict : std::uint8_t {
        admitted,  ///< at once: `permit` of the waiter is held
        queued,    ///< `on_granted` will be called
        full       ///< no permit and no place to wait
    };
    [[nodiscard]] verdict acquire(bulkhead_waiter& waiter) noexcept;

    /// Takes a waiter out of the queue. True: it was queued and will not be called. False: it is
    /// not queued (any more); `on_granted` may still be about to run on another thread, so the
    /// waiter has to outlive it.
    bool cancel(bulkhead_waiter& waiter) noexcept;

    /// Takes new bounds. Those in flight stay, also above a lower limit, and so do those who wait.
    void resize(std::uint32_t limit, std::size_t max_queue_size) noexcept;
    void resize(std::uint32_t limit) noexcept;

    [[nodiscard]] std::uint32_t limit() const noexcept {
        return limit_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint32_t in_flight() const noexcept {
        return static_cast<std::uint32_t>(word_.load(std::memory_order_relaxed) & ~waiting);
    }
    [[nodiscard]] std::size_t queued() const noexcept;
    /// Bytes held, heap included.
    [[nodiscard]] std::size_t memory() const noexcept;

private:
    friend class bulkhead_permit;
    struct queue;
    static constexpr std::uint64_t waiting = std::uint64_t{1} << 63;

    void release() noexcept {
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        while ((seen & waiting) == 0) {
            if (word_.compare_exchange_weak(seen, seen - 1, std::memory_order_release,
                                            std::memory_order_relaxed)) {
                return;
            }
        }
        pass_on();
    }
    void pass_on() noexcept;
    [[nodiscard]] bulkhead_waiter* grant_locked() noexcept;
    void tell(bulkhead_waiter* granted) noexcept;

    // How many are in flight, and whether anybody waits: then it changes only under the lock.
    std::atomic<std::uint64_t> word_{0};
    std::atomic<std::uint32_t> limit_;
    const std::unique_ptr<queue> queue_;
};

inline void bulkhead_permit::release() noexcept {
    if (bulkhead* const owner = std::exchange(owner_, nullptr)) owner->release();
}

}  // namespace symphony
