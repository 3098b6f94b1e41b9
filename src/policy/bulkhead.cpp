#include "symphony/policy/bulkhead.hpp"

#include "policy/wait_queue.hpp"
#include "symphony/core/spin_lock.hpp"

#include <mutex>
#include <stdexcept>

namespace symphony {

struct bulkhead::queue {
    mutable detail::spin_lock lock;
    detail::basic_wait_queue<bulkhead_waiter> waiters;
    std::size_t max_size;
};

bulkhead::bulkhead(std::uint32_t limit, std::size_t max_queue_size)
    : limit_(limit), queue_(std::make_unique<queue>()) {
    if (limit < 1) throw std::invalid_argument("bulkhead: the limit must be at least 1");
    queue_->max_size = max_queue_size;
}
bulkhead::~bulkhead() = default;

bulkhead::verdict bulkhead::acquire(bulkhead_waiter& waiter) noexcept {
    const std::lock_guard lock(queue_->lock);
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    while ((seen & waiting) == 0) {
        if (seen < limit_.load(std::memory_order_relaxed)) {
            if (word_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
                waiter.permit = bulkhead_permit(*this);
                return verdict::admitted;
            }
        } else if (queue_->max_size == 0) {
            return verdict::full;
        } else if (word_.compare_exchange_weak(seen, seen | waiting, std::memory_order_relaxed)) {
            break;  // from here on whoever gives a permit back finds the queue
        }
    }
    if (queue_->waiters.size() >= queue_->max_size) return verdict::full;
    queue_->waiters.push(waiter);
    return verdict::queued;
}

bool bulkhead::cancel(bulkhead_waiter& waiter) noexcept {
    const std::lock_guard lock(queue_->lock);
    if (!waiter.queued) return false;
    queue_->waiters.remove(waiter);
    if (queue_->waiters.empty()) word_.fetch_and(~waiting, std::memory_order_relaxed);
    return true;
}

void bulkhead::pass_on() noexcept {
    bulkhead_waiter* granted = nullptr;
    {
        const std::lock_guard lock(queue_->lock);
        word_.fetch_sub(1, std::memory_order_release);
        granted = grant_locked();
    }
    tell(granted);
}

void bulkhead::resize(std::uint32_t limit, std::size_t max_queue_size) noexcept {
    bulkhead_waiter* granted = nullptr;
    {
        const std::lock_guard lock(queue_->lock);
        limit_.store(limit < 1 ? 1 : limit, std::memory_order_relaxed);
        queue_->max_size = max_queue_size;
        granted = grant_locked();
    }
    tell(granted);
}

void bulkhead::resize(std::uint32_t limit) noexcept {
    bulkhead_waiter* granted = nullptr;
    {
        const std::lock_guard lock(queue_->lock);
        limit_.store(limit < 1 ? 1 : limit, std::memory_order_relaxed);
        granted = grant_locked();
    }
    tell(granted);
}

// Those whose turn it is, linked in that order.
bulkhead_waiter* bulkhead::grant_locked() noexcept {
    auto& waiters = queue_->waiters;
    if (waiters.empty()) return nullptr;
    bulkhead_waiter* first = nullptr;
    bulkhead_waiter** end = &first;
    while (!waiters.empty()) {
        const std::uint64_t seen = word_.load(std::memory_order_relaxed) & ~waiting;
        if (seen >= limit_.load(std::memory_order_relaxed)) break;
        word_.fetch_add(1, std::memory_order_acquire);
        bulkhead_waiter& granted = *waiters.first();
        waiters.remove(granted);
        granted.permit = bulkhead_permit(*this);
        *end = &granted;
        end = &granted.next;
    }
    if (waiters.empty()) word_.fetch_and(~waiting, std::memory_order_relaxed);
    return first;
}

void bulkhead::tell(bulkhead_waiter* granted) noexcept {
    while (granted != nullptr) {
        bulkhead_waiter& told = *granted;
        granted = std::exchange(told.next, nullptr);  // it may be gone when it was told
        told.on_granted(told);
    }
}

std::size_t bulkhead::queued() const noexcept {
    const std::lock_guard lock(queue_->lock);
    return queue_->waiters.size();
}

std::size_t bulkhead::memory() const noexcept {
    return sizeof(*this) + sizeof(queue);
}

}  // namespace symphony
