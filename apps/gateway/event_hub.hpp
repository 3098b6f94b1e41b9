#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/net/body.hpp"
#include "symphony/telemetry/event.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace symphony::gateway {

class event_listener;

/// Passes events on to those who listen to them as server-sent events (WHATWG HTML, 9.2). Each has
/// a queue of its own, and who cannot keep up loses the oldest and is told how many: nobody waits
/// for a listener. Without any an event costs one load. Thread-safe.
class event_hub {
public:
    static constexpr std::size_t most_listeners = 64;
    static constexpr std::size_t longest_queue = 1000;  ///< events kept for one that is slow
    static constexpr duration heartbeat = std::chrono::seconds(15);

    /// What has to be delivered, on any thread. Loses the event rather than throw.
    void publish(const event& what) noexcept;

    /// A body without end: the events from now on, of `least` or above, and a comment line in each
    /// `heartbeat` without any. Read on `executor`. Null when too many listen already.
    [[nodiscard]] std::unique_ptr<body_source> listen(severity least,
                                                      boost::asio::any_io_executor executor,
                                                      timers& wakeups, const clock& time);

    [[nodiscard]] std::size_t listeners() const noexcept { return count_.load(); }
    /// Events that could not be passed on to anybody: no memory was left.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(); }

private:
    friend class event_stream;
    void leave(const event_listener& who) noexcept;

    std::atomic<std::size_t> count_{0};
    std::atomic<std::uint64_t> lost_{0};
    std::mutex mutex_;
    std::uint64_t number_ = 0;
    std::vector<std::shared_ptr<event_listener>> all_;
};

}  // namespace symphony::gateway
