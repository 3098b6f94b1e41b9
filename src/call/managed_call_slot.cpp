#include "call/managed_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

// Of all permits the last one taken: waiting here keeps the others.
void managed_call::take_slot() {
    concurrency_gate& gate = *on_.state_.slots;
    held_.slot = gate.try_acquire();
    if (held_.slot.held()) {
        counts_.concurrency_wait.observe(duration::zero());
        return;
    }
    if (gate.has_queue()) {
        stage_ = stage::slot_queue;
    } else {
        refuse_slot(false);
    }
}

asio::awaitable<void> managed_call::wait_for_slot() {
    const auto& cell = on_.state_.breaker;
    const auto waiting = std::make_shared<parked_slot>(on_.state_.slots, where_);
    const auto& longest = on_.options_.concurrency->max_queue_time;
    waiting->priority = what_.priority;
    waiting->give_up_at(longest ? std::min(sending_.until.at(), later(now_, *longest))
                                : sending_.until.at());
    const instant since = now_;
    auto outcome = queue_outcome::granted;
    const bulkhead::verdict said = on_.state_.slots->enqueue(waiting);
    if (said == bulkhead::verdict::full) {
        refuse_slot(false);
        co_return;
    }
    if (said == bulkhead::verdict::queued) {
        if (cell) {
            cell->behind().add(waiting);
            // It may have opened before: whoever opened it found nobody here.
            if (cell->breaker().inspect(now_).state == circuit_state::open) {
                waiting->end(queue_outcome::circuit_opened);
            }
        }
        outcome = co_await waiting->wait();
        if (cell) cell->behind().remove(*waiting);
        now_ = where_.time.now();
    }
    counts_.concurrency_wait.observe(now_ - since);
    switch (outcome) {
        case queue_outcome::granted:
            held_.slot = std::move(waiting->permit);
            held_.circuit.begin(now_);
            stage_ = stage::send;
            break;
        case queue_outcome::circuit_opened:
            give_back(held_);
            refuse_circuit(cell->breaker().look(now_).value_or(circuit_refusal{}));
            break;
        case queue_outcome::cancelled:
            withdraw();
            break;
        default:
            refuse_slot(true);
            break;
    }
}

void managed_call::refuse_slot(bool waited) {
    give_back(held_);
    counts_.concurrency_rejected.add();
    const concurrency_gate::view seen = on_.state_.slots->look();
    error why;
    why.kind = error_kind::overloaded;
    why.message = fmt::format("the concurrency limit ({} at a time) is reached", seen.limit);
    if (waited) {
        why.message += ", and the wait for it took too long";
    } else if (on_.state_.slots->has_queue()) {
        why.message +=
            fmt::format(", and its queue of {} is full", on_.options_.concurrency->max_queue_size);
    }
    refuse(std::move(why));
}

}  // namespace symphony
