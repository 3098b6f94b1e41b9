#include "call/rate_gate.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace symphony {

namespace asio = boost::asio;

rate_gate::wakeup::wakeup(rate_gate& gate) noexcept
    : timer([](timer& fired) noexcept { static_cast<wakeup&>(fired).owner.poll(); }), owner(gate) {}

rate_gate::rate_gate(const rate_limit_options& options, const shard& home)
    : limiter_(options), home_(home), wakeup_(*this) {}

// The timer belongs to the home thread, so the gate goes there too, whoever drops it last.
std::shared_ptr<rate_gate> rate_gate::make(const rate_limit_options& options, const shard& home) {
    const auto executor = home.executor;
    return {new rate_gate(options, home), [executor](rate_gate* gate) {
                asio::post(executor, [owned = std::unique_ptr<rate_gate>(gate)] {});
            }};
}

// Timers that went first have disarmed it.
rate_gate::~rate_gate() {
    if (wakeup_.armed()) home_.wakeups.disarm(wakeup_);
}

rate_decision rate_gate::enqueue(const std::shared_ptr<queued_call>& call, instant now) {
    // Before it is queued: from then on a grant may come at any moment and looks for it here.
    waiting_.add(call);
    const rate_decision decision = limiter_.acquire(now, *call);
    if (decision.what == rate_decision::verdict::queued) {
        rearm();
    } else {
        waiting_.remove(*call);
    }
    return decision;
}

void rate_gate::withdraw(queued_call& call) noexcept {
    // Not queued any more means that its grant ran or is about to: that one forgets it.
    if (limiter_.cancel(call, home_.time.now())) {
        waiting_.remove(call);
        rearm();
    }
}

void rate_gate::give_back(instant admitted_at, std::uint32_t cost) noexcept {
    limiter_.refund(admitted_at, cost, home_.time.now());
    if (limiter_.queued() > 0) rearm();
}

void rate_gate::pause(instant until, instant now) noexcept {
    limiter_.pause(until, now);
    if (limiter_.queued() > 0) rearm();
}

void rate_gate::reconfigure(const rate_limit_options& options, instant now) {
    limiter_.reconfigure(options, now);
    rearm();
}

void rate_gate::rearm() noexcept {
    asio::dispatch(home_.executor, [self = weak_from_this()] {
        const auto gate = self.lock();
        if (gate) gate->arm_at(gate->limiter_.next_poll(gate->home_.time.now()));
    });
}

void rate_gate::poll() noexcept {
    arm_at(limiter_.poll(home_.time.now()));
}

void rate_gate::arm_at(std::optional<instant> next) {
    if (next) {
        home_.wakeups.arm(wakeup_, *next);
    } else {
        home_.wakeups.disarm(wakeup_);
    }
}

}  // namespace symphony
