#include "symphony/telemetry/metrics.hpp"

namespace symphony {

endpoint_metrics::endpoint_metrics(std::size_t threads)
    : counts_(std::make_unique<call_counts[]>(threads)), threads_(threads) {}

call_totals endpoint_metrics::total() const noexcept {
    call_totals sum;
    for (std::size_t i = 0; i < threads_; ++i)
        sum.add(counts_[i]);
    return sum;
}

std::vector<request_series> endpoint_metrics::requests() const {
    std::vector<request_series> all;
    for (std::size_t i = 0; i < threads_; ++i)
        counts_[i].collect_into(all);
    return all;
}

}  // namespace symphony
