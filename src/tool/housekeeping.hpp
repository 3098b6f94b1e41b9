#pragma once

#include "call/shard.hpp"
#include "symphony/core/time.hpp"
#include "symphony/core/timers.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <utility>

namespace symphony::detail {

/// Does a chore time and again on a thread of the client's own. Not for a user's executor: a timer
/// that is always armed would keep its loop from running out of work.
class housekeeping : timer {
public:
    /// Begins soon. `on` outlives this, and its thread has ended before this goes.
    housekeeping(const shard& on, duration interval, std::move_only_function<void(instant)> chore)
        : timer(&housekeeping::on_time), on_(on), interval_(interval), chore_(std::move(chore)) {
        boost::asio::post(on_.executor, [this] { rest(); });
    }
    ~housekeeping() { on_.wakeups.disarm(*this); }
    housekeeping(const housekeeping&) = delete;
    housekeeping& operator=(const housekeeping&) = delete;

private:
    static void on_time(timer& fired) noexcept {
        auto& self = static_cast<housekeeping&>(fired);
        self.chore_(self.on_.time.now());
        self.rest();
    }
    void rest() { on_.wakeups.arm(*this, later(on_.time.now(), interval_)); }

    const shard& on_;
    const duration interval_;
    std::move_only_function<void(instant)> chore_;
};

}  // namespace symphony::detail
