#include "call/rate_gate.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace symphony {

namespace asio = boost::asio;

namespace {

// An even spacing counts from the last admission: what a wake-up is late is lost for good, and of
// less than 10 ms it is more than a hundredth. Of much less than 1 ms the thread would not sleep.
bool wants_promptness(const rate_limit_options& options) {
    if (options.strategy != rate_strategy::leaky_bucket) return false;
    duration spacing{};
    for (const rate_level& level : options.levels())
        spacing = std::max(spacing, level.window / static_cast<std::int64_t>(level.max));
    return spacing >= std::chrono::microseconds(500) && spacing < std::chrono::milliseconds(10);
}

}  // namespace

rate_gate::wakeup::wakeup(rate_gate& gate) noexcept
    : timer([](timer& fired) noexcept { static_cast<wakeup&>(fired).owner.poll(); }), owner(gate) {}

rate_gate::rate_gate(const rate_limit_options& options, const shard& home,
                     std::optional<rate_sharing> shared)
    : limiter_(options),
      home_(home),
      prompt_(wants_promptness(options)),
      wakeup_(*this),
      shared_(shared ? std::make_unique<shared_budget>(*this, std::move(*shared), options)
                     : nullptr) {}

// The timer belongs to the home thread, so the gate goes there too, whoever drops it last.
std::shared_ptr<rate_gate> rate_gate::make(const rate_limit_options& options, const shard& home,
                                           std::optional<rate_sharing> shared) {
    const auto executor = home.executor;
    return {new rate_gate(options, home, std::move(shared)), [executor](rate_gate* gate) {
                asio::post(executor, [owned = std::unique_ptr<rate_gate>(gate)] {});
            }};
}

// Timers that went first have disarmed it.
rate_gate::~rate_gate() {
    if (wakeup_.armed()) home_.wakeups.disarm(wakeup_);
}

rate_answer rate_gate::enqueue(const std::shared_ptr<queued_call>& call, instant now) {
    // Before it is queued: from then on a grant may come at any moment and looks for it here.
    waiting_.add(call);
    rate_answer answer;
    if (shared_) {
        answer = shared_->enqueue(*call, now);
    } else {
        answer.decision = limiter_.acquire(now, *call);
        answer.permit.at = now;
        call->expire_at(call->latest);
        if (answer.decision.what == rate_decision::verdict::queued) rearm();
    }
    if (answer.decision.what != rate_decision::verdict::queued) waiting_.remove(*call);
    return answer;
}

void rate_gate::withdraw(queued_call& call) noexcept {
    if (shared_) {
        shared_->withdraw(call, home_.time.now());
    } else if (limiter_.cancel(call, home_.time.now())) {
        waiting_.remove(call);
        rearm();
    }
    // Not queued any more means that its grant ran or is about to: that one forgets it.
}

std::optional<instant> rate_gate::time_is_up(queued_call& call) noexcept {
    if (!shared_) return std::nullopt;
    return shared_->time_is_up(call, home_.time.now());
}

void rate_gate::give_back(const rate_permit& permit, std::uint32_t cost) noexcept {
    if (cost == 0 || permit.from == rate_permit::origin::free) return;
    const instant now = home_.time.now();
    if (permit.from == rate_permit::origin::store) {
        shared_->give_back(permit, cost, now);
        return;
    }
    limiter_.refund(permit.at, cost, now);
    if (limiter_.queued() > 0) rearm();
}

void rate_gate::pause(instant until, instant now) noexcept {
    limiter_.pause(until, now);
    if (shared_) shared_->pause(until, now);
    if (limiter_.queued() > 0) rearm();
}

void rate_gate::narrow(std::uint64_t left, instant until, instant now) noexcept {
    if (left == 0) return pause(until, now);
    if (shared_) {
        shared_->narrow(left, until, now);
    } else {
        limiter_.narrow(left, until, now);
    }
    if (limiter_.queued() > 0) rearm();
}

void rate_gate::reconfigure(const rate_limit_options& options, const rate_sharing_options* how,
                            instant now) {
    if (shared_ && how != nullptr) {
        shared_->reconfigure(options, *how, now);
    } else {
        limiter_.reconfigure(options, now);
    }
    prompt_.store(wants_promptness(options));
    rearm();
}

rate_decision rate_gate::outlook(instant now) noexcept {
    if (!shared_) return limiter_.try_acquire(now, 0);
    return {rate_decision::verdict::refused, 0, shared_->outlook(now)};
}

std::size_t rate_gate::queued() const noexcept {
    return shared_ ? shared_->queued() : limiter_.queued();
}

rate_limiter::view rate_gate::look(instant now) {
    return shared_ ? shared_->look(now) : limiter_.look(now);
}

std::string_view rate_gate::store_name() const noexcept {
    if (!shared_) return "local";
    return shared_->is_up() ? "redis" : "redis-down";
}

std::optional<bool> rate_gate::store_up() const noexcept {
    if (!shared_) return std::nullopt;
    return shared_->is_up();
}

void rate_gate::close() noexcept {
    closed_.store(true);
    waiting_.end_all(queue_outcome::cancelled);
}

void rate_gate::drop_store() noexcept {
    if (shared_) shared_->drop_store();
}

void rate_gate::rearm() noexcept {
    if (closed_.load(std::memory_order_relaxed)) return;
    asio::dispatch(home_.executor, [self = weak_from_this()] {
        const auto gate = self.lock();
        if (!gate || gate->closed_.load()) return;
        gate->arm_at(gate->next_wakeup(gate->home_.time.now()));
    });
}

void rate_gate::poll() noexcept {
    const instant now = home_.time.now();
    const auto next = limiter_.poll(now);
    if (!shared_) {
        arm_at(next);
        return;
    }
    shared_->tick(now);
    arm_at(next_wakeup(now));
}

std::optional<instant> rate_gate::next_wakeup(instant now) const {
    std::optional<instant> next = limiter_.next_poll(now);
    if (!shared_) return next;
    const auto also = shared_->next(now);
    return next && also ? std::min(*next, *also) : next ? next : also;
}

void rate_gate::arm_at(std::optional<instant> next) {
    const bool prompt = prompt_.load(std::memory_order_relaxed) && queued() > 0;
    if (!next || wakeup_.prompt != prompt) home_.wakeups.disarm(wakeup_);
    wakeup_.prompt = prompt;
    if (next) home_.wakeups.arm(wakeup_, *next);
}

}  // namespace symphony
