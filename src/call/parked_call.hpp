#pragma once

#include "call/shard.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace symphony {

/// How a wait in a queue ended.
enum class queue_outcome : std::uint8_t {
    granted,
    refused,  ///< by the store, or when another limit took over
    expired,
    circuit_opened,
    cancelled
};

/// A call that waits in a queue for a permit. Grants come from whichever thread, expiry and
/// cancellation from the call's own, an opening circuit from any: the first one decides.
class parked_call : public std::enable_shared_from_this<parked_call> {
public:
    explicit parked_call(const shard& where);
    virtual ~parked_call();
    parked_call(const parked_call&) = delete;
    parked_call& operator=(const parked_call&) = delete;

    /// Waits for the end; once, on the call's own shard, after it was queued.
    [[nodiscard]] boost::asio::awaitable<queue_outcome> wait();
    /// Ends the wait early. Any thread; no effect when it has ended.
    void end(queue_outcome why) noexcept;

protected:
    /// False when something else ended it before.
    bool finish(queue_outcome how) noexcept;
    /// When the wait ends by itself; set before `wait`.
    void expire_at(instant when) noexcept { expires_ = when; }
    /// That moment has come. On the call's own shard.
    virtual void time_is_up() noexcept { end(queue_outcome::expired); }
    /// From within `time_is_up`: it comes again then.
    void extend(instant until) noexcept { where_.wakeups.arm(expiry_, until); }

private:
    struct expiry : timer {
        explicit expiry(parked_call& call) noexcept;
        parked_call& owner;
    };

    /// It gave up: out of the queue with it.
    virtual void leave() noexcept = 0;
    void resume_with(std::move_only_function<void()> resume);

    const shard& where_;
    expiry expiry_;
    instant expires_ = instant::max();
    std::mutex mutex_;
    std::optional<queue_outcome> outcome_;
    std::move_only_function<void()> resume_;
};

/// Calls that wait, so that something which concerns them all can end them. Thread-safe.
template <class Call>
class parked_calls {
public:
    void add(std::shared_ptr<Call> call) {
        const std::lock_guard lock(mutex_);
        Call* const key = call.get();
        calls_.emplace(key, std::move(call));
    }
    void remove(Call& call) noexcept {
        std::shared_ptr<Call> removed;  // goes after the lock
        const std::lock_guard lock(mutex_);
        const auto found = calls_.find(&call);
        if (found == calls_.end()) return;
        removed = std::move(found->second);
        calls_.erase(found);
    }
    void end_all(queue_outcome why) noexcept {
        for (const auto& call : all())
            call->end(why);
    }
    [[nodiscard]] std::vector<std::shared_ptr<Call>> all() {
        std::vector<std::shared_ptr<Call>> found;
        const std::lock_guard lock(mutex_);
        found.reserve(calls_.size());
        for (const auto& [key, call] : calls_)
            found.push_back(call);
        return found;
    }

private:
    std::mutex mutex_;
    std::unordered_map<Call*, std::shared_ptr<Call>> calls_;
};

}  // namespace symphony
