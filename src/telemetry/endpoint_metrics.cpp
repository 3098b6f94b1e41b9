#include "symphony/telemetry/metrics.hpp"

namespace symphony {

namespace {

// Two threads may both make one; the loser's is thrown away.
template <class Value>
Value& get_or_make(std::atomic<Value*>& slot) {
    Value* seen = slot.load(std::memory_order_acquire);
    if (seen != nullptr) return *seen;
    auto made = std::make_unique<Value>();
    if (slot.compare_exchange_strong(seen, made.get(), std::memory_order_acq_rel,
                                     std::memory_order_acquire)) {
        return *made.release();
    }
    return *seen;
}

}  // namespace

endpoint_metrics::~endpoint_metrics() {
    for (auto& slot : rows_) {
        const std::unique_ptr<row> owned(slot.load(std::memory_order_acquire));
        if (!owned) continue;
        for (auto& cell : owned->cells)
            delete cell.load(std::memory_order_acquire);
    }
}

histogram& endpoint_metrics::cell(method_label method, std::size_t column) noexcept {
    auto index = static_cast<std::size_t>(method);
    if (index >= methods) index = methods - 1;
    return get_or_make(get_or_make(rows_[index]).cells[column]);
}

void endpoint_metrics::observe_request(method_label method, int status, duration took) noexcept {
    if (status < 100 || status > 599) {
        observe_request(method, error_kind::protocol_error, took);
        return;
    }
    cell(method, static_cast<std::size_t>(status - 100)).observe(took);
}

void endpoint_metrics::observe_request(method_label method, error_kind failure,
                                       duration took) noexcept {
    auto kind = static_cast<std::size_t>(failure);
    if (kind >= kinds) kind = kinds - 1;
    cell(method, statuses + kind).observe(took);
}

std::vector<endpoint_metrics::series> endpoint_metrics::request_series() const {
    std::vector<series> all;
    for (std::size_t method = 0; method < methods; ++method) {
        const row* used = rows_[method].load(std::memory_order_acquire);
        if (used == nullptr) continue;
        for (std::size_t column = 0; column < used->cells.size(); ++column) {
            const histogram* durations = used->cells[column].load(std::memory_order_acquire);
            if (durations == nullptr) continue;
            series one;
            one.method = static_cast<method_label>(method);
            one.durations = durations;
            if (column < statuses) {
                one.status = static_cast<int>(column) + 100;
            } else {
                one.failure = static_cast<error_kind>(column - statuses);
            }
            all.push_back(one);
        }
    }
    return all;
}

}  // namespace symphony
