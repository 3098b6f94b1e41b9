#include "symphony/telemetry/call_counts.hpp"

#include <algorithm>
#include <memory>
#include <tuple>

namespace symphony {

namespace {

template <class Value>
Value& get_or_make(std::atomic<Value*>& slot) {
    Value* seen = slot.load(std::memory_order_relaxed);
    if (seen == nullptr) {
        seen = std::make_unique<Value>().release();
        slot.store(seen, std::memory_order_release);
    }
    return *seen;
}

auto place_of(const request_series& series) noexcept {
    return std::tuple(series.method, series.status == 0, series.status, series.failure);
}

}  // namespace

call_counts::~call_counts() {
    for (auto& slot : rows_) {
        const std::unique_ptr<row> owned(slot.load(std::memory_order_acquire));
        if (!owned) continue;
        for (auto& cell : owned->cells)
            delete cell.load(std::memory_order_acquire);
    }
}

histogram& call_counts::cell(method_label method, std::size_t column) {
    auto index = static_cast<std::size_t>(method);
    if (index >= methods) index = methods - 1;
    return get_or_make(get_or_make(rows_[index]).cells[column]);
}

void call_counts::observe_request(method_label method, int status, duration took) {
    if (status < 100 || status > 599) {
        observe_request(method, error_kind::protocol_error, took);
        return;
    }
    cell(method, static_cast<std::size_t>(status - 100)).observe(took);
}

void call_counts::observe_request(method_label method, error_kind failure, duration took) {
    auto kind = static_cast<std::size_t>(failure);
    if (kind >= error_kinds) kind = error_kinds - 1;
    cell(method, statuses + kind).observe(took);
}

void call_counts::collect_into(std::vector<request_series>& all) const {
    for (std::size_t method = 0; method < methods; ++method) {
        const row* used = rows_[method].load(std::memory_order_acquire);
        if (used == nullptr) continue;
        for (std::size_t column = 0; column < used->cells.size(); ++column) {
            const histogram* durations = used->cells[column].load(std::memory_order_acquire);
            if (durations == nullptr) continue;
            request_series one;
            one.method = static_cast<method_label>(method);
            one.durations = durations->look();
            if (column < statuses) {
                one.status = static_cast<int>(column) + 100;
            } else {
                one.failure = static_cast<error_kind>(column - statuses);
            }
            const auto at = std::ranges::lower_bound(all, place_of(one), {}, place_of);
            if (at != all.end() && place_of(*at) == place_of(one)) {
                at->durations += one.durations;
            } else {
                all.insert(at, one);
            }
        }
    }
}

void call_totals::add(const call_counts& counts) noexcept {
    in_flight += counts.in_flight.load();
    calls_ok += counts.calls_ok.load();
    calls_error += counts.calls_error.load();
    for (std::size_t kind = 0; kind < error_kinds; ++kind)
        calls_failed[kind] += counts.calls_failed[kind].load();
    attempts += counts.attempts.load();
    for (std::size_t reason = 0; reason < retry_reasons; ++reason)
        retries[reason] += counts.retries[reason].load();
    rate_limit_wait += counts.rate_limit_wait.look();
    rate_limit_rejected += counts.rate_limit_rejected.load();
    concurrency_wait += counts.concurrency_wait.look();
    concurrency_rejected += counts.concurrency_rejected.load();
    hedges_won += counts.hedges_won.load();
    hedges_lost += counts.hedges_lost.load();
    hedges_refused += counts.hedges_refused.load();
}

}  // namespace symphony
