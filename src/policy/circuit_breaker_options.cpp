#include "symphony/policy/circuit_breaker_options.hpp"

namespace symphony {

std::optional<std::string> circuit_breaker_options::problem() const {
    constexpr duration longest = std::chrono::days(365);
    const auto in_range = [=](duration d) { return d > duration::zero() && d <= longest; };
    if (failure_threshold < 1) return "failure threshold must be at least 1";
    if (!in_range(reset_timeout)) return "reset timeout must be above 0 and at most a year";
    if (max_reset_timeout &&
        (*max_reset_timeout < reset_timeout || !in_range(*max_reset_timeout))) {
        return "the longest reset timeout must be at least the reset timeout and at most a year";
    }
    // Written so that NaN fails.
    if (failure_rate && !(*failure_rate > 0 && *failure_rate <= 1)) {
        return "failure rate must be above 0 and at most 1";
    }
    if (latency_threshold && !in_range(*latency_threshold)) {
        return "latency threshold must be above 0 and at most a year";
    }
    if (window < std::chrono::milliseconds(1) || !in_range(window)) {
        return "window must be at least 1 ms and at most a year";
    }
    if (minimum_requests < 1) return "minimum requests must be at least 1";
    if (success_threshold < 1 || success_threshold > 100'000) {
        return "success threshold must be in 1 ... 100000";
    }
    if ((recovery == recovery_kind::custom) != (custom_recovery != nullptr)) {
        return "a recovery strategy of one's own goes with custom recovery, and with no other";
    }
    return std::nullopt;
}

}  // namespace symphony
