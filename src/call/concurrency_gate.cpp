#include "call/concurrency_gate.hpp"

#include <stdexcept>
#include <utility>

namespace symphony {

namespace {

void check(const concurrency_options& options) {
    if (const auto wrong = options.problem()) {
        throw std::invalid_argument("concurrency: " + *wrong);
    }
}

// A fixed limit has the bounds it would have, if it became adaptive.
gradient_limit::bounds bounds_of(const concurrency_options& options) noexcept {
    if (!options.adaptive) return {};
    return {options.min, options.highest(), options.first()};
}

}  // namespace

parked_slot::parked_slot(std::shared_ptr<concurrency_gate> gate, const shard& where)
    : bulkhead_waiter(&parked_slot::on_grant), parked_call(where), gate_(std::move(gate)) {}

// A permit nobody took: before the gate goes.
parked_slot::~parked_slot() {
    permit.release();
}

void parked_slot::on_grant(bulkhead_waiter& self) noexcept {
    auto& own = static_cast<parked_slot&>(self);
    const auto keep = own.shared_from_this();
    own.gate_->waiting_.remove(own);
    if (!own.finish(queue_outcome::granted)) own.permit.release();
}

// Not queued any more means that its grant ran or is about to: that one forgets it.
void parked_slot::leave() noexcept {
    if (gate_->slots_.cancel(*this)) gate_->waiting_.remove(*this);
}

concurrency_gate::concurrency_gate(const concurrency_options& options)
    : slots_((check(options), options.first()), options.max_queue_size),
      limit_(bounds_of(options)),
      adaptive_(options.adaptive),
      has_queue_(options.max_queue_size > 0) {}

bulkhead::verdict concurrency_gate::enqueue(const std::shared_ptr<parked_slot>& call) noexcept {
    // Before it is queued: from then on a grant may come at any moment and looks for it here.
    waiting_.add(call);
    const bulkhead::verdict said = slots_.acquire(*call);
    if (said != bulkhead::verdict::queued) waiting_.remove(*call);
    return said;
}

void concurrency_gate::reconfigure(const concurrency_options& options) {
    check(options);
    const std::lock_guard lock(change_);
    limit_.set_bounds(bounds_of(options));
    adaptive_.store(options.adaptive, std::memory_order_relaxed);
    has_queue_.store(options.max_queue_size > 0, std::memory_order_relaxed);
    slots_.resize(options.adaptive ? limit_.limit() : options.max, options.max_queue_size);
}

void concurrency_gate::learn(std::optional<std::uint32_t> limit) noexcept {
    if (!limit) return;
    const std::lock_guard lock(change_);
    if (adaptive()) slots_.resize(limit_.limit());
}

}  // namespace symphony
