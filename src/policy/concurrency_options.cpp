#include "symphony/policy/concurrency_options.hpp"

#include <algorithm>

namespace symphony {

std::uint32_t concurrency_options::first() const noexcept {
    if (!adaptive) return max;
    return initial.value_or(std::clamp<std::uint32_t>(20, min, std::max(min, highest())));
}

std::optional<std::string> concurrency_options::problem() const {
    constexpr std::uint32_t most = 1'000'000;
    if (highest() < 1 || highest() > most) return "max must be 1 to 1000000";
    if (!adaptive && (min != 1 || initial)) return "min and initial go with adaptive only";
    if (adaptive && (min < 1 || min > highest())) return "min must be at least 1 and at most max";
    if (initial && (*initial < min || *initial > highest())) {
        return "initial must be from min to max";
    }
    if (max_queue_size > most) return "maxQueueSize must be at most 1000000";
    if (max_queue_time && *max_queue_time < duration::zero()) {
        return "maxQueueTime must not be negative";
    }
    return std::nullopt;
}

}  // namespace symphony
