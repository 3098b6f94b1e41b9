#include "store/redis_core.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace symphony::detail {

namespace asio = boost::asio;

void redis_timer::set(instant at) {
    if (core_.stopped) {
        on_end_(owner_, wake::stopped);
        return;
    }
    if (!is_linked()) core_.set_.push_back(*this);
    core_.wakeups.arm(*this, at);
}

void redis_timer::clear() noexcept {
    if (!is_linked()) return;
    unlink();
    if (armed()) core_.wakeups.disarm(*this);
}

void redis_timer::fired(timer& due) noexcept {
    static_cast<redis_timer&>(due).end(wake::timed_out);
}

void redis_timer::end(wake why) noexcept {
    clear();
    on_end_(owner_, why);
}

void redis_core::stop() noexcept {
    stopped = true;
    while (!set_.empty())
        set_.front().end(wake::stopped);
}

redis_waiter::redis_waiter(redis_core& core) noexcept
    : core_(core), timer_(core, this, [](void* self, wake why) noexcept {
          static_cast<redis_waiter*>(self)->end(why);
      }) {}

asio::awaitable<wake> redis_waiter::wait(instant until) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) end(wake::cancelled);
    if (why_ == wake::none) timer_.set(until);
    if (why_ != wake::none) co_return why_;
    const auto initiate = [this](auto handler) {
        slot_ = asio::get_associated_cancellation_slot(handler);
        resume_ = [resumed = std::move(handler)]() mutable { std::move(resumed)(); };
        if (slot_.is_connected()) {
            slot_.assign([this](asio::cancellation_type) { end(wake::cancelled); });
        }
    };
    co_await asio::async_initiate<const asio::deferred_t, void()>(initiate, asio::deferred);
    if (slot_.is_connected()) slot_.clear();
    co_return why_;
}

void redis_waiter::end(wake why) noexcept {
    if (why_ != wake::none) return;
    why_ = why;
    timer_.clear();
    if (resume_) asio::post(core_.executor, std::exchange(resume_, nullptr));
}

}  // namespace symphony::detail
