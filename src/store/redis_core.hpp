#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/random.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/net/io_hook.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace symphony::detail {

/// Why a wait ended.
enum class wake : std::uint8_t { none, done, timed_out, cancelled, stopped };

class redis_core;

/// A moment that is waited for. It ends when the moment comes or the client goes, whichever is
/// first, and `on_end` hears which; not when it is cleared. For one thread.
class redis_timer : private timer,
                    public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    using action = void (*)(void* owner, wake why) noexcept;

    redis_timer(redis_core& core, void* owner, action on_end) noexcept
        : timer(&redis_timer::fired), core_(core), owner_(owner), on_end_(on_end) {}
    ~redis_timer() { clear(); }
    redis_timer(const redis_timer&) = delete;
    redis_timer& operator=(const redis_timer&) = delete;

    /// At once when the client is gone.
    void set(instant at);
    void clear() noexcept;

private:
    friend class redis_core;
    static void fired(timer& due) noexcept;
    void end(wake why) noexcept;

    redis_core& core_;
    void* owner_;
    action on_end_;
};

/// What all connections of one client share.
class redis_core {
public:
    redis_core(boost::asio::any_io_executor on, const clock& clock_used, timers& timers_used,
               random_source& chance_used, net::io_hook* hook_used)
        : executor(std::move(on)),
          time(clock_used),
          wakeups(timers_used),
          chance(chance_used),
          hook(hook_used) {}

    [[nodiscard]] bool fails(net::io_operation next) const noexcept {
        return !stopped && hook != nullptr && hook->fails(next);
    }
    /// The client goes: whoever waits is woken, and what was injected is not touched again.
    void stop() noexcept;

    boost::asio::any_io_executor executor;
    const clock& time;
    timers& wakeups;
    random_source& chance;
    net::io_hook* hook;
    bool stopped = false;

private:
    friend class redis_timer;
    boost::intrusive::list<redis_timer, boost::intrusive::constant_time_size<false>> set_;
};

/// Where one coroutine waits, once, until somebody ends it. The first to end it rules; it is
/// resumed in a turn of its own. For one thread.
class redis_waiter {
public:
    explicit redis_waiter(redis_core& core) noexcept;

    /// Until `end`, the moment, terminal cancellation, or the client's end.
    [[nodiscard]] boost::asio::awaitable<wake> wait(instant until);
    void end(wake why) noexcept;

private:
    redis_core& core_;
    redis_timer timer_;
    boost::asio::cancellation_slot slot_;
    std::move_only_function<void()> resume_;
    wake why_ = wake::none;
};

}  // namespace symphony::detail
