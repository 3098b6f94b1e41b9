#pragma once

#include "call/endpoint_events.hpp"
#include "call/health_target.hpp"
#include "call/shard.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/response.hpp"
#include "symphony/policy/circuit_breaker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <memory>

namespace symphony {

class breaker_cell;

/// Asks, while a circuit is open by itself, whether its API is well again, and tells the breaker.
/// One check at a time, on one shard, its home. Thread-safe.
class health_check : public std::enable_shared_from_this<health_check> {
public:
    /// `home` outlives `close`.
    health_check(std::shared_ptr<const health_target> target, const shard& home,
                 endpoint_events events);

    /// The circuit of `of` is what it is: begins or ends, as it needs. `opened`: just now.
    void follow(const std::shared_ptr<breaker_cell>& of, bool opened);
    /// Ends for good.
    void retire();
    /// The same, and nothing of `home` is touched from now on: it goes.
    void close() noexcept;

    [[nodiscard]] const health_target& target() const noexcept { return *target_; }

private:
    void follow_at_home(const std::shared_ptr<breaker_cell>& of, bool opened);
    void stop_at_home() noexcept;
    [[nodiscard]] boost::asio::awaitable<void> run(
        std::weak_ptr<breaker_cell> of, std::shared_ptr<boost::asio::cancellation_signal> mine);
    void hold_for_first(const std::weak_ptr<breaker_cell>& of, instant first) const;
    void tell(const result<response>& got, duration took) const;

    const std::shared_ptr<const health_target> target_;
    const shard& home_;
    const endpoint_events events_;
    std::atomic<bool> retired_{false};
    std::atomic<bool> closed_{false};
    // Of the run under way, on the home shard; null without one.
    std::shared_ptr<boost::asio::cancellation_signal> running_;
};

}  // namespace symphony
