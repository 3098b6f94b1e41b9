#include "symphony/policy/rate_limit_options.hpp"

#include "policy/rate_state.hpp"

namespace symphony {

namespace {

constexpr std::uint64_t most_permits = 1'000'000'000;
constexpr duration least_window = std::chrono::milliseconds(1);
constexpr duration longest_window = std::chrono::days(31);

std::optional<std::string> problem_of(const rate_level& level, rate_strategy strategy) {
    if (level.max < 1 || level.max > most_permits) return "max must be in 1 ... 10^9";
    if (level.window < least_window || level.window > longest_window) {
        return "window must be in 1 ms ... 31 days";
    }
    if (level.burst > most_permits) return "burst must be at most 10^9";
    if (level.burst > 0 && strategy != rate_strategy::token_bucket) {
        return "burst is for the token bucket only";
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(rate_strategy strategy) noexcept {
    switch (strategy) {
        case rate_strategy::sliding_window:
            return "sliding-window";
        case rate_strategy::token_bucket:
            return "token-bucket";
        case rate_strategy::leaky_bucket:
            return "leaky-bucket";
    }
    return "sliding-window";
}

std::vector<rate_level> rate_limit_options::levels() const {
    std::vector<rate_level> all;
    all.reserve(limits.size() + 2);
    if (max_requests_per_second > 0) {
        all.push_back({max_requests_per_second, std::chrono::seconds(1), 0});
    }
    if (max_requests_per_minute > 0) {
        all.push_back({max_requests_per_minute, std::chrono::minutes(1), 0});
    }
    all.insert(all.end(), limits.begin(), limits.end());
    return all;
}

std::optional<std::string> rate_limit_options::problem() const {
    const std::vector<rate_level> all = levels();
    if (all.empty()) return "a rate limit needs at least one level";
    if (all.size() > detail::max_levels) return "a rate limit has at most 8 levels";
    for (const rate_level& level : all) {
        if (auto wrong = problem_of(level, strategy)) return wrong;
    }
    if (max_queue_time && *max_queue_time < duration::zero()) {
        return "max queue time must not be negative";
    }
    return std::nullopt;
}

}  // namespace symphony
