#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/timers.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace symphony::net {

/// `timers` on one Asio timer, moved only when an earlier moment comes up: arming and disarming a
/// deadline that is not reached costs no system call. For one executor's thread.
class asio_timers final : public timers {
public:
    asio_timers(const boost::asio::any_io_executor& executor, const clock& time);
    ~asio_timers() override;
    void arm(timer& t, instant at) override;
    void disarm(timer& t) noexcept override;
    /// As if they went: what is armed, or comes to be, is lost. For good.
    void stop() noexcept;

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

/// Waits until `at`. Returns false when the waiting coroutine was cancelled, or the timers went.
[[nodiscard]] boost::asio::awaitable<bool> wait_until(timers& wakeups, instant at);

}  // namespace symphony::net
