#include "call/breaker_cell.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace symphony {

namespace {

// An opening is followed by many refusals; what they come to is known a second later.
constexpr duration first_burst = std::chrono::seconds(1);
constexpr duration burst = std::chrono::seconds(10);

}  // namespace

breaker_cell::breaker_cell(const circuit_breaker_options& options, endpoint_events events,
                           std::shared_ptr<endpoint_metrics> metrics)
    : events_(std::move(events)),
      metrics_(std::move(metrics)),
      breaker_(options, [this](const circuit_transition& change) { tell(change); }) {}

void breaker_cell::watch(std::shared_ptr<health_check> check) {
    std::shared_ptr<health_check> former;
    {
        const std::lock_guard lock(mutex_);
        former = std::exchange(watcher_, check);
    }
    if (former) former->retire();
    if (check) check->follow(shared_from_this(), false);
}

std::shared_ptr<health_check> breaker_cell::watcher() const {
    const std::lock_guard lock(mutex_);
    return watcher_;
}

void breaker_cell::share(std::shared_ptr<shared_circuit> sharing) {
    std::shared_ptr<shared_circuit> former;
    {
        const std::lock_guard lock(mutex_);
        former = std::exchange(sharing_, sharing);
    }
    if (former) former->retire();
    if (sharing) sharing->follow(shared_from_this());
}

std::shared_ptr<shared_circuit> breaker_cell::sharing() const {
    const std::lock_guard lock(mutex_);
    return sharing_;
}

void breaker_cell::alert_through(std::shared_ptr<alert_line> line) {
    const std::lock_guard lock(mutex_);
    alerts_ = std::move(line);
}

void breaker_cell::alert(const circuit_transition& change) const noexcept {
    if (change.to == circuit_state::half_open) return;
    // Those who found it broken tell of it.
    const bool opened = change.to == circuit_state::open;
    if (opened && change.reason == circuit_reason::peers) return;
    std::shared_ptr<alert_line> line;
    {
        const std::lock_guard lock(mutex_);
        line = alerts_;
    }
    if (!line) return;
    alert_change seen;
    seen.open = opened;
    seen.reason = to_string(change.reason);
    seen.at = change.at;
    seen.consecutive_failures = change.consecutive_failures;
    seen.window_total = change.window_total;
    seen.window_failures = change.window_failures;
    seen.generation = change.generation;
    line->tell(seen);
}

// While a circuit is open its refusals are told in bursts, and what is left of them when it
// changes.
void breaker_cell::note_refusal(instant now) noexcept {
    // Once in a while is enough, and keeps threads from each other's line.
    constexpr std::int64_t fine = 100'000'000;
    const std::int64_t at = now.time_since_epoch().count();
    if (at - fine > refused_at_.load(std::memory_order_relaxed)) {
        refused_at_.store(at, std::memory_order_relaxed);
    }
    if (!events_.heard()) return;
    refused_.fetch_add(1, std::memory_order_relaxed);
    std::int64_t from = tell_from_.load(std::memory_order_relaxed);
    const std::int64_t next = later(now, burst).time_since_epoch().count();
    if (at < from || !tell_from_.compare_exchange_strong(from, next)) return;
    tell_refusals(now);
}

void breaker_cell::tell_refusals(instant now) noexcept {
    const std::uint64_t count = refused_.exchange(0, std::memory_order_relaxed);
    if (count == 0) return;
    event said;
    said.name = "circuit.refusals";
    said.level = severity::info;
    said.message = fmt::format("the circuit refused {} {}", count, count == 1 ? "call" : "calls");
    said.fields = {{"count", std::to_string(count)}};
    said.at = now;
    events_.tell(std::move(said));
}

void breaker_cell::tell_step(const circuit_transition& change) noexcept {
    if (!events_.heard()) return;
    const auto share = breaker_.inspect(change.at).admitted_share;
    const std::string percent =
        share ? std::to_string(std::lround(*share * 100)) : std::string("?");
    event said;
    said.name = "circuit.recovery_step";
    said.level = severity::info;
    said.message = fmt::format("the recovering circuit now admits {} % of the calls", percent);
    said.fields = {{"admittedPercent", percent}};
    said.at = change.at;
    events_.tell(std::move(said));
}

void breaker_cell::tell(const circuit_transition& change) noexcept {
    if (change.reason == circuit_reason::recovery_step) {
        tell_step(change);
        return;
    }
    if (change.from == circuit_state::open || change.to == circuit_state::closed) {
        tell_refusals(change.at);
    }
    if (change.to == circuit_state::open) {
        tell_from_.store(later(change.at, first_burst).time_since_epoch().count());
    }
    metrics_
        ->transitions[static_cast<std::size_t>(change.from)][static_cast<std::size_t>(change.to)]
        .fetch_add(1, std::memory_order_relaxed);
    const bool opened = change.to == circuit_state::open;
    if (opened) behind_.end_all(queue_outcome::circuit_opened);
    if (const auto check = watcher()) check->follow(shared_from_this(), opened);
    if (const auto shared = sharing()) shared->speak();
    alert(change);
    if (!events_.heard()) return;
    event said;
    said.name = "circuit.transition";
    said.level = opened ? severity::warn : severity::info;
    said.message = fmt::format("circuit {} -> {}: {}", to_string(change.from), to_string(change.to),
                               to_string(change.reason));
    said.fields = {{"from", std::string(to_string(change.from))},
                   {"to", std::string(to_string(change.to))},
                   {"reason", std::string(to_string(change.reason))},
                   {"consecutiveFailures", std::to_string(change.consecutive_failures)},
                   {"windowTotal", std::to_string(change.window_total)},
                   {"windowFailures", std::to_string(change.window_failures)}};
    said.at = change.at;
    events_.tell(std::move(said));
}

}  // namespace symphony
