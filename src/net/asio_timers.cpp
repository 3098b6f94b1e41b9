#include "symphony/net/asio_timers.hpp"

#include "symphony/core/timer_wheel.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace symphony::net {

namespace asio = boost::asio;

// One Asio timer stands for all: it is moved only for an earlier moment, so that deadlines which
// are armed and disarmed without being reached cost no system call. When it wakes too early,
// because what it was set for is gone, it is set anew.
//
// A thread that sleeps is woken late, by the time its core needs to come back: 50 to 100 us on a
// virtual machine. For a prompt timer it is woken earlier by as much as it was late of late, and
// goes round its loop until the moment has come.
class asio_timers::impl : public std::enable_shared_from_this<impl> {
public:
    impl(const asio::any_io_executor& executor, const clock& time)
        : time_(time), wakeup_(executor) {}

    void arm(timer& t, instant at) {
        if (stopped_) {
            if (t.lost != nullptr) t.lost(t);
            return;
        }
        wheel_of(t).arm(t, at);
        if (firing_ || going_round_) return;
        if (t.prompt || !waiting_ || at < set_for_) settle();
    }

    void disarm(timer& t) noexcept {
        if (!stopped_) wheel_of(t).disarm(t);
    }

    void stop() noexcept {
        if (std::exchange(stopped_, true)) return;
        pending_.clear();  // their owners may live on
        prompt_.clear();
        wakeup_.cancel();
    }

private:
    [[nodiscard]] timer_wheel& wheel_of(const timer& t) noexcept {
        return t.prompt ? prompt_ : pending_;
    }

    void settle() {
        if (stopped_) return;
        std::optional<instant> next = pending_.next();
        if (auto soon = prompt_.next()) {
            const instant now = time_.now();
            const duration left = difference(*soon, now);
            // A clock that stands still is driven by hand, and may do so for long.
            if (left <= lead_ && std::exchange(last_round_, now) != now) {
                go_round();
                return;
            }
            if (left > lead_) *soon -= lead_;
            next = next ? std::min(*next, *soon) : soon;
        }
        if (!next || (waiting_ && set_for_ <= *next)) return;
        set_for_ = *next;
        waiting_ = true;
        // Our clock may be one driven by hand, so only the distance counts.
        const duration ahead = difference(*next, time_.now());
        sleeps_ = ahead > duration::zero();
        wakeup_.expires_after(ahead);
        wakeup_.async_wait([self = shared_from_this(), round = ++round_](
                               const boost::system::error_code&) { self->wake(round); });
    }

    void go_round() {
        asio::post(wakeup_.get_executor(), [self = shared_from_this()] {
            self->going_round_ = false;
            if (!self->stopped_) self->fire(self->time_.now());
        });
        going_round_ = true;
    }

    void wake(std::uint64_t round) {
        if (round != round_ || stopped_) return;  // moved to another moment meanwhile
        waiting_ = false;
        const instant now = time_.now();
        if (sleeps_) {
            const duration late =
                std::clamp(difference(now, set_for_), duration::zero(), most_lead);
            lead_ += late > lead_ ? (late - lead_) / 2 : (late - lead_) / 16;
        }
        if (!going_round_) fire(now);
    }

    void fire(instant now) {
        firing_ = true;
        pending_.expire(now);
        prompt_.expire(now);
        firing_ = false;
        settle();
    }

    static constexpr duration most_lead = std::chrono::microseconds(200);

    const clock& time_;
    asio::steady_timer wakeup_;
    timer_wheel pending_;
    timer_wheel prompt_;
    instant set_for_{};
    instant last_round_{};
    duration lead_{};  // how late wake-ups have been
    std::uint64_t round_ = 0;
    bool waiting_ = false;
    bool sleeps_ = false;  // what is waited for was ahead then
    bool firing_ = false;
    bool going_round_ = false;
    bool stopped_ = false;
};

asio_timers::asio_timers(const asio::any_io_executor& executor, const clock& time)
    : impl_(std::make_shared<impl>(executor, time)) {}

asio_timers::~asio_timers() {
    impl_->stop();
}

void asio_timers::stop() noexcept {
    impl_->stop();
}

void asio_timers::arm(timer& t, instant at) {
    impl_->arm(t, at);
}

void asio_timers::disarm(timer& t) noexcept {
    impl_->disarm(t);
}

namespace {

// Lives in the waiting coroutine's frame; whoever comes first, the moment or the cancellation,
// resumes it.
class pause : private timer {
public:
    // Without the timers nobody else would resume it: it would hold itself, and all its callers,
    // for good.
    explicit pause(timers& wakeups) noexcept
        : timer(&pause::on_time, &pause::on_loss), wakeups_(wakeups) {}
    ~pause() {
        if (armed()) wakeups_.disarm(*this);
    }
    pause(const pause&) = delete;
    pause& operator=(const pause&) = delete;

    asio::awaitable<bool> until(instant at) {
        const auto initiate = [this, at](auto handler) {
            auto slot = asio::get_associated_cancellation_slot(handler);
            executor_ = asio::get_associated_executor(handler);
            resume_ = [resumed = std::move(handler)]() mutable { std::move(resumed)(); };
            if (slot.is_connected()) {
                slot_ = slot;
                slot_.assign([this](asio::cancellation_type) { end(false); });
            }
            wakeups_.arm(*this, at);
        };
        co_await asio::async_initiate<const asio::deferred_t, void()>(initiate, asio::deferred);
        if (slot_.is_connected()) slot_.clear();
        co_return in_time_;
    }

private:
    static void on_time(timer& fired) noexcept { static_cast<pause&>(fired).end(true); }
    static void on_loss(timer& lost) noexcept { static_cast<pause&>(lost).end(false); }

    void end(bool in_time) noexcept {
        if (!resume_) return;
        in_time_ = in_time;
        if (armed()) wakeups_.disarm(*this);
        asio::post(executor_, std::exchange(resume_, nullptr));
    }

    timers& wakeups_;
    asio::any_io_executor executor_;
    asio::cancellation_slot slot_;
    std::move_only_function<void()> resume_;
    bool in_time_ = false;
};

}  // namespace

asio::awaitable<bool> wait_until(timers& wakeups, instant at) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
    pause wait(wakeups);
    const bool in_time = co_await wait.until(at);
    // Cancelled in the moment between being woken and going on, it is cancelled too.
    co_return in_time&& state.cancelled() == asio::cancellation_type::none;
}

}  // namespace symphony::net
