#include "call/hedge_race.hpp"

#include "call/call_job.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

asio::awaitable<result<response>> send_one(const managed_call& call,
                                           std::shared_ptr<const endpoint> /*kept*/) {
    co_await asio::this_coro::throw_if_cancelled(false);
    net::reply came;
    co_await call.send(came);
    co_return std::move(came.answer);
}

bool is_usable(const result<response>& outcome) noexcept {
    return outcome && symphony::is_usable(*outcome);
}

}  // namespace

/// The end of one attempt, told once, also when it is that of the executor.
class hedge_race::ending {
public:
    ending(std::shared_ptr<hedge_race> race, leg& of) noexcept : race_(std::move(race)), of_(&of) {}
    ending(ending&& other) noexcept = default;
    ending& operator=(ending&& other) = delete;
    ending(const ending&) = delete;
    ending& operator=(const ending&) = delete;
    ~ending() {
        if (race_) race_->abandon();
    }

    void operator()(const std::exception_ptr& fault, result<response> outcome) {
        const auto race = std::exchange(race_, nullptr);
        if (fault) outcome = std::unexpected(to_error(fault));
        race->end(*of_, std::move(outcome));
    }

private:
    std::shared_ptr<hedge_race> race_;
    leg* of_;
};

hedge_race::alarm::alarm(hedge_race& race) noexcept
    : timer([](timer& fired) noexcept {
          auto& self = static_cast<alarm&>(fired).owner;
          self.due_ = true;
          self.notify();
      }),
      owner(race) {}

hedge_race::hedge_race(managed_call& call, const shard& where, const hedge_options& options,
                       duration delay)
    : call_(call),
      where_(where),
      last_(std::min<std::size_t>(options.max + 1, most)),
      delay_(delay),
      alarm_(*this) {}

// Armed only when the call's coroutine was destroyed in its wait, which happens on its thread.
hedge_race::~hedge_race() {
    if (alarm_.armed()) where_.wakeups.disarm(alarm_);
}

asio::awaitable<void> hedge_race::run(net::reply& to, std::shared_ptr<hedge_race> race) {
    to.read_at.reset();
    const auto before = co_await asio::this_coro::cancellation_state;
    if (before.cancelled() != asio::cancellation_type::none) {
        to.answer = fail(error_kind::cancelled, "the call was cancelled");
        co_return;
    }
    co_await race->race();
    to.answer = std::move(*race->taken_->outcome);
}

asio::awaitable<void> hedge_race::race() {
    start(legs_.front());
    arm();
    while (taken_ == nullptr) {
        co_await until_something_happens();
        judge();
        if (taken_ == nullptr && std::exchange(due_, false)) send_another();
    }
    cancel_all();
    while (running_ > 0)
        co_await until_something_happens();
    conclude();
}

// The race is kept until all have ended: they know its signals.
void hedge_race::start(leg& one) {
    ++started_;
    ++running_;
    asio::co_spawn(
        where_.executor, send_one(call_, call_.on().shared_from_this()),
        asio::bind_cancellation_slot(one.cancel.slot(), ending(shared_from_this(), one)));
}

void hedge_race::end(leg& one, result<response> outcome) {
    one.outcome.emplace(std::move(outcome));
    --running_;
    notify();
}

// The executor went. With the last one goes whoever waits here: nothing would ever resume it.
void hedge_race::abandon() noexcept {
    if (--running_ == 0) resume_ = nullptr;
}

void hedge_race::arm() {
    const instant now = where_.time.now();
    if (started_ < last_ && call_.sending().until.allows(now, delay_)) {
        where_.wakeups.arm(alarm_, later(now, delay_));
    }
}

void hedge_race::notify() {
    happened_ = true;
    if (resume_) asio::post(where_.executor, std::exchange(resume_, nullptr));
}

asio::awaitable<void> hedge_race::until_something_happens() {
    const auto initiate = [this](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([race = weak_from_this()](asio::cancellation_type) {
                if (const auto self = race.lock()) self->cancel_all();
            });
        }
        resume_ = [resumed = std::move(handler)]() mutable { std::move(resumed)(); };
        if (happened_) notify();
    };
    co_await asio::async_initiate<const asio::deferred_t, void()>(initiate, asio::deferred);
    happened_ = false;
}

void hedge_race::send_another() {
    if (stopped_) return;
    leg& one = legs_.at(started_);
    if (!call_.take_hedge_permits(one.held, delay_)) return;
    one.slow.emplace(where_, one.held.circuit);
    one.slow->start();
    start(one);
    arm();
}

attempt_permits& hedge_race::permits_of(leg& one) noexcept {
    return &one == &legs_.front() ? call_.held() : one.held;
}

// The first usable answer, or what came last.
void hedge_race::judge() {
    for (leg& one : legs_) {
        if (taken_ != nullptr || !one.outcome || one.judged) continue;
        one.judged = true;
        const bool others = running_ > 0 || std::ranges::any_of(legs_, [](const leg& other) {
                                return other.outcome && !other.judged;
                            });
        if (is_usable(*one.outcome) || !others) {
            taken_ = &one;
        } else {
            one.slow.reset();
            call_.report(permits_of(one), *one.outcome);
            if (*one.outcome) (*one.outcome)->stream.reset();
        }
    }
}

void hedge_race::cancel_all() noexcept {
    stopped_ = true;
    where_.wakeups.disarm(alarm_);
    for (leg& one : legs_) {
        if (!one.outcome) one.cancel.emit(asio::cancellation_type::terminal);
    }
}

void hedge_race::conclude() {
    for (leg& one : legs_) {
        one.slow.reset();
        if (&one == taken_ || !one.outcome || one.judged) continue;
        call_.lost(permits_of(one), *one.outcome);
    }
    const bool another = taken_ != &legs_.front();
    if (another) call_.held() = std::move(taken_->held);
    call_.hedged(started_ - 1, another && is_usable(*taken_->outcome));
}

}  // namespace symphony
