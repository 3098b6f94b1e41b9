#include "call/health_check.hpp"

#include "call/breaker_cell.hpp"
#include "symphony/net/asio_timers.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

bool is_open_by_itself(const std::weak_ptr<breaker_cell>& of, instant now) {
    const auto circuit = of.lock();
    if (!circuit) return false;
    const circuit_breaker::view seen = circuit->breaker().inspect(now);
    return seen.state == circuit_state::open && !seen.manual;
}

// Of those who share a circuit, one asks.
bool may_ask(const std::weak_ptr<breaker_cell>& of) {
    const auto circuit = of.lock();
    const auto sharing = circuit ? circuit->sharing() : nullptr;
    return !sharing || sharing->may_check();
}

}  // namespace

health_check::health_check(std::shared_ptr<const health_target> target, const shard& home,
                           endpoint_events events)
    : target_(std::move(target)), home_(home), events_(std::move(events)) {}

// Transitions are told by any thread, and not in order: what counts is what the circuit is by then.
void health_check::follow(const std::shared_ptr<breaker_cell>& of, bool opened) {
    if (retired_.load()) return;
    asio::post(home_.executor, [self = shared_from_this(), cell = std::weak_ptr(of), opened] {
        const auto circuit = cell.lock();
        if (circuit && !self->retired_.load()) self->follow_at_home(circuit, opened);
    });
}

void health_check::follow_at_home(const std::shared_ptr<breaker_cell>& of, bool opened) {
    if (!is_open_by_itself(of, home_.time.now())) {
        stop_at_home();
        return;
    }
    if (running_ && !opened) return;
    stop_at_home();
    running_ = std::make_shared<asio::cancellation_signal>();
    asio::co_spawn(home_.executor, run(of, running_),
                   asio::bind_cancellation_slot(running_->slot(), asio::detached));
}

void health_check::stop_at_home() noexcept {
    if (const auto mine = std::exchange(running_, nullptr)) {
        mine->emit(asio::cancellation_type::terminal);
    }
}

void health_check::retire() {
    if (retired_.exchange(true)) return;
    asio::post(home_.executor, [self = shared_from_this()] {
        if (!self->closed_.load()) self->stop_at_home();
    });
}

void health_check::close() noexcept {
    closed_.store(true);
    retired_.store(true);
}

// The first check is an interval away: a health page that is well while the API is not costs a
// probe an interval, not an endless loop of them.
asio::awaitable<void> health_check::run(std::weak_ptr<breaker_cell> of,
                                        std::shared_ptr<asio::cancellation_signal> mine) {
    const auto keep = shared_from_this();
    co_await asio::this_coro::throw_if_cancelled(false);
    instant next = later(home_.time.now(), target_->interval());
    hold_for_first(of, next);
    for (;;) {
        const bool waited = co_await net::wait_until(home_.wakeups, next);
        if (!waited || retired_.load() || running_ != mine) co_return;
        const instant began = home_.time.now();
        if (!is_open_by_itself(of, began)) break;  // taken over by hand
        if (!may_ask(of)) {
            next = std::max(began, later(next, target_->interval()));
            continue;
        }
        const net::wire_request wire = target_->wire();
        net::send_options how;
        how.until = deadline::after(began, target_->timeout());
        const result<response> got = co_await home_.transport.send(target_->where(), wire, how);
        if (retired_.load() || running_ != mine) co_return;
        const auto circuit = of.lock();
        if (!circuit) break;
        const instant now = home_.time.now();
        tell(got, now - began);
        const bool well = got && got->ok();
        const auto sharing = circuit->sharing();
        const bool others_rule = sharing && sharing->note_health(well);
        if (well && !others_rule) {
            circuit->breaker().half_open(now);
            break;
        }
        next = std::max(now, later(next, target_->interval()));
        if (!others_rule) circuit->breaker().stay_open(now, later(next, target_->timeout()));
    }
    if (running_ == mine) running_.reset();
}

// A check that is due when the reset time ends, or a little later, is heard before a call may try.
void health_check::hold_for_first(const std::weak_ptr<breaker_cell>& of, instant first) const {
    const auto circuit = of.lock();
    if (!circuit) return;
    const instant now = home_.time.now();
    const auto left = circuit->breaker().inspect(now).retry_after;
    if (!left || first > later(later(now, *left), target_->timeout())) return;
    circuit->breaker().stay_open(now, later(first, target_->timeout()));
}

void health_check::tell(const result<response>& got, duration took) const {
    if (!events_.heard()) return;
    const bool well = got && got->ok();
    const std::string answer =
        got ? fmt::format("status {}", got->status) : std::string(to_string(got.error().kind));
    event said;
    said.name = "circuit.health_check";
    said.level = well ? severity::info : severity::debug;
    said.message = fmt::format("health check: {}", answer);
    said.fields = {{"healthy", well ? "true" : "false"},
                   {"answer", answer},
                   {"durationMs", std::to_string(to_ms_ceil(took))}};
    said.at = home_.time.now();
    events_.tell(std::move(said));
}

}  // namespace symphony
