#include "call/queued_call.hpp"

#include "call/rate_gate.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace symphony {

namespace asio = boost::asio;

queued_call::expiry::expiry(queued_call& call) noexcept
    : timer([](timer& fired) noexcept {
          static_cast<expiry&>(fired).owner.end(queue_outcome::expired);
      }),
      owner(call) {}

queued_call::queued_call(std::shared_ptr<rate_gate> gate, const shard& where)
    : shared_waiter(&queued_call::on_grant),
      gate_(std::move(gate)),
      where_(where),
      expiry_(*this) {}

// Armed only when the call's coroutine was destroyed in its wait, which happens on its thread.
queued_call::~queued_call() {
    if (expiry_.armed()) where_.wakeups.disarm(expiry_);
}

void queued_call::on_grant(rate_waiter& self) noexcept {
    static_cast<queued_call&>(self).grant({self.granted_at, 0, rate_permit::origin::local});
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

void queued_call::end(queue_outcome why) noexcept {
    const auto keep = shared_from_this();
    if (finish(why)) gate_->withdraw(*this);
}

bool queued_call::finish(queue_outcome how) noexcept {
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

void queued_call::resume_with(std::move_only_function<void()> resume) {
    {
        const std::lock_guard lock(mutex_);
        if (!outcome_) {
            resume_ = std::move(resume);
            return;
        }
    }
    asio::post(where_.executor, std::move(resume));
}

asio::awaitable<queue_outcome> queued_call::wait() {
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

void queued_calls::add(std::shared_ptr<queued_call> call) {
    const std::lock_guard lock(mutex_);
    queued_call* const key = call.get();
    calls_.emplace(key, std::move(call));
}

void queued_calls::remove(queued_call& call) noexcept {
    std::shared_ptr<queued_call> removed;  // goes after the lock
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(&call);
    if (found == calls_.end()) return;
    removed = std::move(found->second);
    calls_.erase(found);
}

std::vector<std::shared_ptr<queued_call>> queued_calls::all() {
    std::vector<std::shared_ptr<queued_call>> found;
    const std::lock_guard lock(mutex_);
    found.reserve(calls_.size());
    for (const auto& [key, call] : calls_)
        found.push_back(call);
    return found;
}

void queued_calls::end_all(queue_outcome why) noexcept {
    std::unordered_map<queued_call*, std::shared_ptr<queued_call>> all;
    {
        const std::lock_guard lock(mutex_);
        all = calls_;
    }
    for (const auto& [key, call] : all)
        call->end(why);
}

}  // namespace symphony
