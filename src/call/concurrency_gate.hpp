#pragma once

#include "call/parked_call.hpp"
#include "symphony/policy/bulkhead.hpp"
#include "symphony/policy/concurrency_options.hpp"
#include "symphony/policy/gradient_limit.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace symphony {

class concurrency_gate;

/// A call that waits until fewer are in flight. A grant that comes too late goes to the next.
class parked_slot final : public bulkhead_waiter, public parked_call {
public:
    parked_slot(std::shared_ptr<concurrency_gate> gate, const shard& where);
    ~parked_slot() override;
    parked_slot(const parked_slot&) = delete;
    parked_slot& operator=(const parked_slot&) = delete;

    /// It waits no longer than this. Before it is queued.
    void give_up_at(instant when) noexcept { expire_at(when); }

private:
    static void on_grant(bulkhead_waiter& self) noexcept;
    void leave() noexcept override;

    const std::shared_ptr<concurrency_gate> gate_;
};

/// How many calls of an endpoint may be in flight, by a number or by what they take. Thread-safe.
class concurrency_gate {
public:
    /// Throws std::invalid_argument on impossible options.
    explicit concurrency_gate(const concurrency_options& options);

    [[nodiscard]] bulkhead_permit try_acquire() noexcept { return slots_.try_acquire(); }
    [[nodiscard]] bool has_queue() const noexcept {
        return has_queue_.load(std::memory_order_relaxed);
    }
    /// As `bulkhead::acquire`; when it is queued, `wait` for it.
    [[nodiscard]] bulkhead::verdict enqueue(const std::shared_ptr<parked_slot>& call) noexcept;

    /// What a call took that still holds its permit, for a limit that adapts. Not for cancelled
    /// calls.
    void answered(instant begun, instant now) noexcept {
        if (adaptive()) learn(limit_.on_answer(begun, now, slots_.in_flight()));
    }
    void overloaded(instant begun, instant now) noexcept {
        if (adaptive()) learn(limit_.on_overload(begun, now, slots_.in_flight()));
    }

    /// In flight and waiting stay as they are; a higher limit lets the next ones go.
    void reconfigure(const concurrency_options& options);
    /// Ends every wait: the client goes.
    void close() noexcept { waiting_.end_all(queue_outcome::cancelled); }

    struct view {
        std::uint32_t limit = 0;
        std::uint32_t in_flight = 0;
        std::size_t queued = 0;
        bool adaptive = false;
    };
    [[nodiscard]] view look() const noexcept {
        return {slots_.limit(), slots_.in_flight(), slots_.queued(), adaptive()};
    }

private:
    friend class parked_slot;

    [[nodiscard]] bool adaptive() const noexcept {
        return adaptive_.load(std::memory_order_relaxed);
    }
    void learn(std::optional<std::uint32_t> limit) noexcept;

    bulkhead slots_;
    gradient_limit limit_;
    std::mutex change_;  // who changes the limit last, sets the latest
    std::atomic<bool> adaptive_;
    std::atomic<bool> has_queue_;
    parked_calls<parked_slot> waiting_;
};

}  // namespace symphony
