#pragma once

#include "call/queued_call.hpp"
#include "call/shard.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <memory>

namespace symphony {

/// A rate limiter with what wakes its queue: a timer on one shard, its home. Shared by all
/// endpoints of one key prefix. Thread-safe.
class rate_gate : public std::enable_shared_from_this<rate_gate> {
public:
    /// `home` outlives every call. Throws std::invalid_argument on impossible options.
    [[nodiscard]] static std::shared_ptr<rate_gate> make(const rate_limit_options& options,
                                                         const shard& home);
    ~rate_gate();
    rate_gate(const rate_gate&) = delete;
    rate_gate& operator=(const rate_gate&) = delete;

    [[nodiscard]] rate_limiter& limiter() noexcept { return limiter_; }
    [[nodiscard]] const rate_limiter& limiter() const noexcept { return limiter_; }

    /// Queues the call or says why not, as `rate_limiter::acquire`.
    [[nodiscard]] rate_decision enqueue(const std::shared_ptr<queued_call>& call, instant now);
    /// The call gave up: it leaves the queue, and the next one moves up.
    void withdraw(queued_call& call) noexcept;
    /// Gives back a permit that was not used.
    void give_back(instant admitted_at, std::uint32_t cost) noexcept;
    void pause(instant until, instant now) noexcept;
    void reconfigure(const rate_limit_options& options, instant now);
    /// Ends every wait: the client goes.
    void close() noexcept { waiting_.end_all(queue_outcome::cancelled); }

private:
    friend class queued_call;
    struct wakeup : timer {
        explicit wakeup(rate_gate& gate) noexcept;
        rate_gate& owner;
    };

    rate_gate(const rate_limit_options& options, const shard& home);
    void rearm() noexcept;
    void poll() noexcept;
    void arm_at(std::optional<instant> next);

    rate_limiter limiter_;
    const shard& home_;
    wakeup wakeup_;
    queued_calls waiting_;
};

}  // namespace symphony
