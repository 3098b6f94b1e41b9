#include "config/blocks.hpp"

namespace symphony::detail {

namespace {

constexpr duration_range lease_times{std::chrono::milliseconds(1), std::chrono::seconds(10)};

// `true`, `auto` and `false`, or an object.
void read_lease(const cursor& at, rate_sharing_options& options) {
    const auto enabled = [](const cursor& c) -> std::optional<bool> {
        const auto which = c.choice({{"auto"}, {"true"}, {"false"}});
        if (!which) return std::nullopt;
        return *which != 2;
    };
    if (at.value().kind != node::type::map) {
        options.lease = enabled(at).value_or(true);
        return;
    }
    const object block(at, {{"enabled"}, {"leaseTime"}});
    block.into(options.lease, "enabled", enabled);
    block.into(options.lease_time, "leaseTime",
               [](const cursor& c) { return c.time(lease_times); });
}

std::optional<rate_strategy> read_strategy(const object& block) {
    const auto at = block.get("strategy");
    if (!at) return std::nullopt;
    const auto which = at->choice(rate_strategies);
    if (!which) return std::nullopt;
    return static_cast<rate_strategy>(*which);
}

}  // namespace

std::optional<rate_sharing_options> read_rate_sharing(const object& limit,
                                                      std::optional<rate_strategy>& strategy) {
    const auto at = limit.get("distributed");
    if (!at) {
        for (const char* key : {"onStoreFailure", "lease"}) {
            if (const auto alone = limit.get(key)) {
                alone->incomplete("goes with 'distributed' only: this budget is in no store");
            }
        }
        return std::nullopt;
    }
    rate_sharing_options options;
    const object block(*at, {{"redis"}, {"strategy"}});
    if (const auto redis = block.require("redis")) options.redis = read_redis(*redis);
    const auto shared = read_strategy(block);
    if (shared && strategy && *shared != *strategy) {
        block.get("strategy")
            ->wrong("differs from 'rateLimit.strategy'; give one of them, or the same twice");
    }
    if (shared) strategy = shared;
    if (const auto failure = limit.get("onStoreFailure")) {
        if (const auto which = failure->choice({{"local"}, {"open"}, {"closed"}})) {
            options.on_store_failure = static_cast<store_failure>(*which);
        }
    }
    if (const auto lease = limit.get("lease")) read_lease(*lease, options);
    return options;
}

}  // namespace symphony::detail
