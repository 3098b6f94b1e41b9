#pragma once

#include "call/shard.hpp"
#include "call/shared_waiter.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace symphony {

class rate_gate;

/// How a wait in the rate limit's queue ended.
enum class queue_outcome : std::uint8_t {
    granted,
    refused,  ///< by the store, or when another limit took over
    expired,
    circuit_opened,
    cancelled
};

/// A call that waits for its permit. Grants come from the gate's home thread, expiry and
/// cancellation from the call's own, an opening circuit from any: the first one decides, and a
/// grant that comes too late gives its permit back by itself.
class queued_call final : public shared_waiter, public std::enable_shared_from_this<queued_call> {
public:
    queued_call(std::shared_ptr<rate_gate> gate, const shard& where);
    ~queued_call();

    /// Waits for the end; once, on the call's own shard, after the limiter said `queued`.
    [[nodiscard]] boost::asio::awaitable<queue_outcome> wait();
    /// Ends the wait early. Any thread; no effect when it has ended.
    void end(queue_outcome why) noexcept;

    // The gate's answers, once it has taken the call out of its queue.
    void grant(const rate_permit& permit) noexcept;
    void refuse(const rate_answer& why) noexcept;

    /// After `granted` or `refused`.
    [[nodiscard]] const rate_answer& answer() const noexcept { return answer_; }

private:
    friend class rate_gate;
    friend class shared_budget;
    struct expiry : timer {
        explicit expiry(queued_call& call) noexcept;
        queued_call& owner;
    };

    static void on_grant(rate_waiter& self) noexcept;
    bool finish(queue_outcome how) noexcept;
    void resume_with(std::move_only_function<void()> resume);

    const std::shared_ptr<rate_gate> gate_;
    const shard& where_;
    expiry expiry_;
    instant expires_ = instant::max();  // `latest`, as it was when it was queued
    rate_answer answer_;                // written by whoever took it out of the queue
    std::mutex mutex_;
    std::optional<queue_outcome> outcome_;
    std::move_only_function<void()> resume_;
};

/// Calls that wait, so that something which concerns them all can end them. Thread-safe.
class queued_calls {
public:
    void add(std::shared_ptr<queued_call> call);
    void remove(queued_call& call) noexcept;
    void end_all(queue_outcome why) noexcept;
    [[nodiscard]] std::vector<std::shared_ptr<queued_call>> all();

private:
    std::mutex mutex_;
    std::unordered_map<queued_call*, std::shared_ptr<queued_call>> calls_;
};

}  // namespace symphony
