#include "symphony/telemetry/metrics.hpp"

namespace symphony {

std::shared_ptr<endpoint_metrics> metrics_registry::get(
    const std::string& tool, const std::string& endpoint,
    const std::function<void(endpoint_metrics&)>& prepare) {
    const std::lock_guard lock(mutex_);
    auto& slot = endpoints_[{tool, endpoint}];
    if (slot) return slot;
    slot = std::make_shared<endpoint_metrics>(threads_);
    if (prepare) prepare(*slot);
    return slot;
}

std::vector<metrics_registry::entry> metrics_registry::entries() const {
    const std::lock_guard lock(mutex_);
    return {endpoints_.begin(), endpoints_.end()};
}

}  // namespace symphony
