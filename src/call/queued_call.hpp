#pragma once

#include "call/parked_call.hpp"
#include "call/shared_waiter.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <memory>

namespace symphony {

class rate_gate;

/// A call that waits for its permit of a rate limit. Grants come from the gate's home thread; one
/// that comes too late gives its permit back by itself.
class queued_call final : public shared_waiter, public parked_call {
public:
    queued_call(std::shared_ptr<rate_gate> gate, const shard& where);

    // The gate's answers, once it has taken the call out of its queue.
    void grant(const rate_permit& permit) noexcept;
    void refuse(const rate_answer& why) noexcept;

    /// After `granted` or `refused`.
    [[nodiscard]] const rate_answer& answer() const noexcept { return answer_; }

private:
    friend class rate_gate;
    friend class shared_budget;

    static void on_grant(rate_waiter& self) noexcept;
    static void on_refusal(rate_waiter& self, const rate_decision& why) noexcept;
    void leave() noexcept override;
    void time_is_up() noexcept override;

    const std::shared_ptr<rate_gate> gate_;
    rate_answer answer_;  // written by whoever took it out of the queue
};

using queued_calls = parked_calls<queued_call>;

}  // namespace symphony
