#include "config/blocks.hpp"

namespace symphony::detail {

namespace {

constexpr std::int64_t most_permits = 1'000'000'000;
constexpr duration_range windows{std::chrono::milliseconds(1), std::chrono::days(31)};

rate_level read_level(const cursor& at) {
    const object block(at, {{"max"}, {"window"}, {"burst"}});
    rate_level level;
    const auto permits = [](const cursor& c) { return c.integer<std::uint64_t>(1, most_permits); };
    if (const auto max = block.require("max")) level.max = permits(*max).value_or(1);
    if (const auto window = block.require("window")) {
        level.window = window->time(windows).value_or(std::chrono::seconds(1));
    }
    block.into(level.burst, "burst", permits);
    return level;
}

void check_whole(const cursor& at, const object& block, const rate_limit_options& options) {
    const std::size_t levels = options.levels().size();
    if (levels == 0 && !block.get("limits") && !block.get("maxRequestsPerSecond") &&
        !block.get("maxRequestsPerMinute")) {
        at.incomplete(
            "needs at least one of 'maxRequestsPerSecond', 'maxRequestsPerMinute' and "
            "'limits'");
    }
    if (levels > 8) at.incomplete("has more than 8 levels");
}

}  // namespace

namespace {

// A burst belongs to a bucket, and which strategy rules is known only in the end.
void read_levels(const cursor& at, rate_limit_options& options,
                 std::optional<rate_strategy> strategy) {
    const auto items = at.items();
    if (at.value().kind == node::type::sequence && items.empty()) at.wrong("must not be empty");
    for (const cursor& item : items) {
        options.limits.push_back(read_level(item));
        if (strategy && options.limits.back().burst > 0 &&
            *strategy != rate_strategy::token_bucket) {
            item.wrong("'burst' goes with 'strategy: token-bucket' only");
        }
    }
}

void read_prefix(const cursor& at, rate_limit_options& options) {
    auto text = at.shown_text();
    if (!text) return;
    options.key_prefix = std::move(*text);
    if (options.key_prefix.empty()) at.wrong("must not be empty");
    if (options.key_prefix.size() > 256) at.wrong("longer than 256 bytes");
}

}  // namespace

read_limit read_rate_limit(const cursor& at) {
    const object block(at, {{"maxRequestsPerSecond"},
                            {"maxRequestsPerMinute"},
                            {"limits"},
                            {"keyPrefix"},
                            {"strategy"},
                            {"maxQueueSize"},
                            {"maxQueueTime"},
                            {"distributed"},
                            {"onStoreFailure"},
                            {"lease"}});
    read_limit made;
    rate_limit_options& options = made.limit;
    const auto permits = [](const cursor& c) { return c.integer<std::uint64_t>(1, most_permits); };
    block.into(options.max_requests_per_second, "maxRequestsPerSecond", permits);
    block.into(options.max_requests_per_minute, "maxRequestsPerMinute", permits);
    bool known_strategy = true;
    std::optional<rate_strategy> strategy;
    if (const auto given = block.get("strategy")) {
        const auto which = given->choice(rate_strategies);
        known_strategy = which.has_value();
        if (which) strategy = static_cast<rate_strategy>(*which);
    }
    made.sharing = read_rate_sharing(block, strategy);
    options.strategy = strategy.value_or(rate_strategy::sliding_window);
    if (const auto limits = block.get("limits")) {
        read_levels(*limits, options,
                    known_strategy ? std::optional(options.strategy) : std::nullopt);
    }
    if (const auto prefix = block.get("keyPrefix")) read_prefix(*prefix, options);
    block.into(options.max_queue_size, "maxQueueSize",
               [](const cursor& c) { return c.integer<std::size_t>(0, 1'000'000); });
    block.into(options.max_queue_time, "maxQueueTime",
               [](const cursor& c) { return c.time({duration::zero(), std::chrono::days(365)}); });
    check_whole(at, block, options);
    return made;
}

}  // namespace symphony::detail
