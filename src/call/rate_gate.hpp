#pragma once

#include "call/queued_call.hpp"
#include "call/shard.hpp"
#include "call/shared_budget.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace symphony {

/// A rate limiter with what wakes its queue: a timer on one shard, its home. Shared by all
/// endpoints of one key prefix; with `rate_sharing` by other processes too, and then its own
/// limiter serves only while the store is down. Thread-safe.
class rate_gate : public std::enable_shared_from_this<rate_gate> {
public:
    /// `home` outlives every call. Throws std::invalid_argument on impossible options.
    [[nodiscard]] static std::shared_ptr<rate_gate> make(const rate_limit_options& options,
                                                         const shard& home,
                                                         std::optional<rate_sharing> shared = {});
    ~rate_gate();
    rate_gate(const rate_gate&) = delete;
    rate_gate& operator=(const rate_gate&) = delete;

    /// Admits or refuses at once, or says `queued`: only `enqueue` can tell.
    [[nodiscard]] rate_answer try_acquire(instant now, std::uint32_t cost) noexcept {
        if (shared_) return shared_->try_acquire(now, cost);
        return {limiter_.try_acquire(now, cost), {now, 0, rate_permit::origin::local}, false};
    }
    /// Queues the call or says why not, as `rate_limiter::acquire`.
    [[nodiscard]] rate_answer enqueue(const std::shared_ptr<queued_call>& call, instant now);
    /// The call gave up: it leaves the queue, and the next one moves up.
    void withdraw(queued_call& call) noexcept;
    /// The call's time in the queue is over: it leaves by `queue_outcome::expired`. With a moment:
    /// the gate ends the wait itself where it has to, and that is when the call's own time is over.
    [[nodiscard]] std::optional<instant> time_is_up(queued_call& call) noexcept;
    /// Gives back a permit that was not used.
    void give_back(const rate_permit& permit, std::uint32_t cost) noexcept;
    void pause(instant until, instant now) noexcept;
    /// At most `left` permits before `until`, as `rate_limiter::narrow`.
    void narrow(std::uint64_t left, instant until, instant now) noexcept;
    /// `how` where the budget is shared, in the same store as before.
    void reconfigure(const rate_limit_options& options, const rate_sharing_options* how,
                     instant now);
    /// Ends every wait, and nothing of `home` is touched from now on but by calls: the client goes.
    void close() noexcept;
    /// After `close`, when nothing runs on `home` any more: a word to the store that is under way
    /// ends, and nothing of it touches what goes.
    void drop_store() noexcept;

    /// What a newcomer of cost 1 would be told.
    [[nodiscard]] rate_decision outlook(instant now) noexcept;
    [[nodiscard]] std::size_t queued() const noexcept;
    /// The budget as far as it is known here: no round trip.
    [[nodiscard]] rate_limiter::view look(instant now);
    /// Frees what the limiter remembers when its budget is full again.
    void trim(instant now) noexcept { limiter_.trim(now); }
    /// Bytes of the limiter, with what it points to.
    [[nodiscard]] std::size_t memory() const noexcept { return limiter_.memory(); }
    /// "local", "redis" or "redis-down".
    [[nodiscard]] std::string_view store_name() const noexcept;
    /// Whether the store answers; nothing where the budget is not shared.
    [[nodiscard]] std::optional<bool> store_up() const noexcept;
    /// How it is shared; null where it is not.
    [[nodiscard]] const rate_sharing_options* sharing() const noexcept {
        return shared_ ? &shared_->options() : nullptr;
    }

private:
    friend class queued_call;
    friend class shared_budget;
    struct wakeup : timer {
        explicit wakeup(rate_gate& gate) noexcept;
        rate_gate& owner;
    };

    rate_gate(const rate_limit_options& options, const shard& home,
              std::optional<rate_sharing> shared);
    void rearm() noexcept;
    void poll() noexcept;
    void arm_at(std::optional<instant> next);
    [[nodiscard]] std::optional<instant> next_wakeup(instant now) const;

    rate_limiter limiter_;
    const shard& home_;
    std::atomic<bool> prompt_;
    wakeup wakeup_;
    queued_calls waiting_;
    std::atomic<bool> closed_{false};
    const std::unique_ptr<shared_budget> shared_;
};

}  // namespace symphony
