#include "call/queued_call.hpp"

#include "call/rate_gate.hpp"

#include <utility>

namespace symphony {

queued_call::queued_call(std::shared_ptr<rate_gate> gate, const shard& where)
    : shared_waiter(&queued_call::on_grant, &queued_call::on_refusal),
      parked_call(where),
      gate_(std::move(gate)) {}

void queued_call::on_grant(rate_waiter& self) noexcept {
    static_cast<queued_call&>(self).grant({self.granted_at, 0, rate_permit::origin::local});
}

void queued_call::on_refusal(rate_waiter& self, const rate_decision& why) noexcept {
    auto& call = static_cast<queued_call&>(self);
    const auto& shared = call.gate_->shared_;
    call.refuse(shared ? shared->too_costly_locked(why, call.cost) : rate_answer{why, {}, false});
}

void queued_call::grant(const rate_permit& permit) noexcept {
    const auto keep = shared_from_this();
    gate_->waiting_.remove(*this);
    answer_.permit = permit;
    if (!finish(queue_outcome::granted)) gate_->give_back(permit, cost);
}

void queued_call::refuse(const rate_answer& why) noexcept {
    const auto keep = shared_from_this();
    gate_->waiting_.remove(*this);
    answer_ = why;
    finish(queue_outcome::refused);
}

void queued_call::leave() noexcept {
    gate_->withdraw(*this);
}

void queued_call::time_is_up() noexcept {
    const auto keep = shared_from_this();
    if (const auto again = gate_->time_is_up(*this)) {
        extend(*again);
    } else {
        end(queue_outcome::expired);
    }
}

}  // namespace symphony
