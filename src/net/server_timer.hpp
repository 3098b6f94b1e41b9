#pragma once

#include "symphony/core/timers.hpp"

namespace symphony::net::detail {

/// A deadline that is moved with every request and hardly ever reached: moving it later or clearing
/// it only notes so, and the armed timer looks again when it fires. For its owner's thread; it goes
/// disarmed.
class lazy_timer final : private timer {
public:
    using action = void (*)(void* owner) noexcept;

    lazy_timer(timers& wakeups, void* owner, action on_due) noexcept
        : timer(&lazy_timer::fired), wakeups_(wakeups), owner_(owner), on_due_(on_due) {}
    ~lazy_timer() { stop(); }
    lazy_timer(const lazy_timer&) = delete;
    lazy_timer& operator=(const lazy_timer&) = delete;

    void set(instant due) {
        due_ = due;
        if (due == instant::max()) return;
        if (!stopped_ && (!armed() || at > due)) wakeups_.arm(*this, due);
    }
    void clear() noexcept { due_ = instant::max(); }
    /// For good: the timers are not touched again, and may go.
    void stop() noexcept {
        if (!stopped_ && armed()) wakeups_.disarm(*this);
        stopped_ = true;
    }

private:
    static void fired(timer& t) noexcept {
        auto& self = static_cast<lazy_timer&>(t);
        if (self.due_ == instant::max() || self.stopped_) return;
        if (self.due_ > self.at) {
            self.wakeups_.arm(self, self.due_);
            return;
        }
        self.clear();
        self.on_due_(self.owner_);
    }

    timers& wakeups_;
    void* owner_;
    action on_due_;
    instant due_ = instant::max();
    bool stopped_ = false;
};

}  // namespace symphony::net::detail
