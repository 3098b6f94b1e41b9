#pragma once

#include "symphony/core/time.hpp"

namespace symphony {

/// The implementation's own: how a `timers` holds a timer together with its neighbours.
struct timer_link {
    timer_link* before = nullptr;
    timer_link* after = nullptr;
};

/// One pending wake-up, owned by whoever waits and linked into a `timers`. Not movable while armed;
/// its owner disarms it before it goes.
struct timer : timer_link {
    using callback = void (*)(timer&) noexcept;

    explicit timer(callback on_fire, callback on_loss = nullptr) noexcept
        : fire(on_fire), lost(on_loss) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    callback fire;  ///< called once per arming, on the timers' own thread
    /// Called instead, if given, when the timers go while it is armed: for one that nothing else
    /// would ever end. It must not use the timers.
    callback lost;
    instant at{};  ///< when it is due (valid while armed)
    /// Being late costs more than some of the thread's time: the thread may stay awake for the last
    /// fraction of a millisecond. Not changed while armed.
    bool prompt = false;
    [[nodiscard]] bool armed() const noexcept { return after != nullptr; }
};

/// Wakes things up. One per shard, used from that shard's thread only. The real one sits on an
/// Asio timer (net), the other is driven by hand (`testing::manual_timers`).
class timers {
public:
    virtual ~timers() = default;
    /// Arms, or moves an armed timer. It fires at `at` or later, never earlier.
    virtual void arm(timer& t, instant at) = 0;
    /// Harmless when it is not armed.
    virtual void disarm(timer& t) noexcept = 0;
};

}  // namespace symphony
