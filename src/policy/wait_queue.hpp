#pragma once

#include <cstddef>
#include <cstdint>

namespace symphony {
struct rate_waiter;
}

namespace symphony::detail {

/// Waiters in the order they will go: by priority class, first come first served inside one. The
/// first of each class knows the last, so that all operations are O(classes). It owns no waiter.
/// Not thread-safe.
template <class Waiter>
class basic_wait_queue {
public:
    static constexpr std::uint8_t classes = 10;

    [[nodiscard]] static std::uint8_t class_of(const Waiter& w) noexcept {
        return w.priority < classes ? w.priority : classes - 1;
    }
    [[nodiscard]] Waiter* first() const noexcept { return first_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// The last waiter a newcomer of class `rank` would stand behind, or null.
    [[nodiscard]] Waiter* last_before(std::uint8_t rank) const noexcept {
        const Waiter* leader = leader_before(rank);
        return leader != nullptr ? leader->class_last : nullptr;
    }

    void push(Waiter& w) noexcept {
        Waiter* leader = leader_before(class_of(w));
        Waiter* before = leader != nullptr ? leader->class_last : nullptr;
        const bool joins = leader != nullptr && class_of(*leader) == class_of(w);
        (joins ? *leader : w).class_last = &w;
        w.previous = before;
        w.next = before != nullptr ? before->next : first_;
        (before != nullptr ? before->next : first_) = &w;
        if (w.next != nullptr) w.next->previous = &w;
        w.queued = true;
        ++size_;
    }

    void remove(Waiter& w) noexcept {
        Waiter& leader = *leader_before(class_of(w));
        if (&leader != &w) {
            if (leader.class_last == &w) leader.class_last = w.previous;
        } else if (w.class_last != &w) {
            w.next->class_last = w.class_last;
        }
        (w.previous != nullptr ? w.previous->next : first_) = w.next;
        if (w.next != nullptr) w.next->previous = w.previous;
        w.next = w.previous = w.class_last = nullptr;
        w.queued = false;
        --size_;
    }

private:
    // The first waiter of the last class up to `rank` that has any.
    [[nodiscard]] Waiter* leader_before(std::uint8_t rank) const noexcept {
        Waiter* found = nullptr;
        for (Waiter* w = first_; w != nullptr && class_of(*w) <= rank; w = w->class_last->next) {
            found = w;
        }
        return found;
    }

    Waiter* first_ = nullptr;
    std::size_t size_ = 0;
};

using wait_queue = basic_wait_queue<rate_waiter>;

}  // namespace symphony::detail
