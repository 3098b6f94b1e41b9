#pragma once

#include "call/shard.hpp"
#include "symphony/policy/circuit_breaker.hpp"

namespace symphony {

/// Tells the breaker when a call that still runs passes the latency threshold.
class slow_watch : private timer {
public:
    slow_watch(const shard& where, circuit_permit& permit) noexcept
        : timer([](timer& fired) noexcept {
              auto& self = static_cast<slow_watch&>(fired);
              self.permit_.slow(self.where_.time.now());
          }),
          where_(where),
          permit_(permit) {}
    ~slow_watch() { stop(); }
    slow_watch(const slow_watch&) = delete;
    slow_watch& operator=(const slow_watch&) = delete;

    void start() {
        if (const auto at = permit_.slow_at()) where_.wakeups.arm(*this, *at);
    }
    void stop() noexcept {
        if (armed()) where_.wakeups.disarm(*this);
    }

private:
    const shard& where_;
    circuit_permit& permit_;
};

}  // namespace symphony
