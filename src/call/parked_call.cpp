#include "call/parked_call.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace symphony {

namespace asio = boost::asio;

parked_call::expiry::expiry(parked_call& call) noexcept
    : timer([](timer& fired) noexcept { static_cast<expiry&>(fired).owner.time_is_up(); }),
      owner(call) {}

parked_call::parked_call(const shard& where) : where_(where), expiry_(*this) {}

// Armed only when the call's coroutine was destroyed in its wait, which happens on its thread.
parked_call::~parked_call() {
    if (expiry_.armed()) where_.wakeups.disarm(expiry_);
}

void parked_call::end(queue_outcome why) noexcept {
    const auto keep = shared_from_this();
    if (finish(why)) leave();
}

bool parked_call::finish(queue_outcome how) noexcept {
    std::move_only_function<void()> resume;
    {
        const std::lock_guard lock(mutex_);
        if (outcome_) return false;
        outcome_ = how;
        resume = std::exchange(resume_, nullptr);
    }
    if (resume) asio::post(where_.executor, std::move(resume));
    return true;
}

void parked_call::resume_with(std::move_only_function<void()> resume) {
    {
        const std::lock_guard lock(mutex_);
        if (!outcome_) {
            resume_ = std::move(resume);
            return;
        }
    }
    asio::post(where_.executor, std::move(resume));
}

asio::awaitable<queue_outcome> parked_call::wait() {
    const auto keep = shared_from_this();
    if (expires_ != instant::max()) where_.wakeups.arm(expiry_, expires_);
    const auto initiate = [this](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([call = weak_from_this()](asio::cancellation_type) {
                if (const auto self = call.lock()) self->end(queue_outcome::cancelled);
            });
        }
        resume_with([resumed = std::move(handler)]() mutable { std::move(resumed)(); });
    };
    co_await asio::async_initiate<const asio::deferred_t, void()>(initiate, asio::deferred);
    where_.wakeups.disarm(expiry_);
    co_return *outcome_;
}

}  // namespace symphony
