#include "gateway/status_document.hpp"

namespace symphony::gateway {

namespace {

json breaker_document(const endpoint_status::breaker_status& breaker) {
    json document =
        json::of({{"state", to_string(breaker.state)}, {"manual", json(breaker.manual)}});
    if (breaker.retry_after && *breaker.retry_after != duration::max())
        document.set("retryAfterMs", to_ms_ceil(*breaker.retry_after));
    if (breaker.admitted_share) document.set("admittedShare", *breaker.admitted_share);
    if (const auto& shared = breaker.shared) {
        document.set("shared", json::of({{"store", shared->store},
                                         {"open", json(shared->open)},
                                         {"broken", std::uint64_t{shared->broken}},
                                         {"sound", std::uint64_t{shared->sound}}}));
    }
    return document;
}

json rate_limit_document(const endpoint_status::rate_limit_status& limit) {
    json::array levels;
    for (const rate_limiter::level_view& level : limit.view.levels) {
        levels.push_back(json::of({{"max", level.max},
                                   {"windowMs", to_ms_ceil(level.window)},
                                   {"remaining", level.remaining}}));
    }
    return json::of({{"keyPrefix", limit.key_prefix},
                     {"strategy", to_string(limit.view.strategy)},
                     {"queued", std::uint64_t{limit.view.queued}},
                     {"levels", json(std::move(levels))},
                     {"store", limit.store}});
}

json concurrency_document(const endpoint_status::concurrency_status& concurrency) {
    return json::of({{"limit", std::uint64_t{concurrency.limit}},
                     {"inFlight", std::uint64_t{concurrency.in_flight}},
                     {"queued", std::uint64_t{concurrency.queued}},
                     {"adaptive", json(concurrency.adaptive)}});
}

}  // namespace

json status_document(const std::vector<tool_status>& tools, std::string_view version,
                     duration uptime) {
    json::array tool_list;
    for (const tool_status& tool : tools) {
        json::array endpoints;
        for (const endpoint_status& endpoint : tool.endpoints) {
            json document = json::of({{"name", endpoint.name}, {"url", endpoint.url}});
            if (endpoint.breaker) document.set("breaker", breaker_document(*endpoint.breaker));
            if (endpoint.rate_limit)
                document.set("rateLimit", rate_limit_document(*endpoint.rate_limit));
            if (endpoint.concurrency)
                document.set("concurrency", concurrency_document(*endpoint.concurrency));
            endpoints.push_back(std::move(document));
        }
        tool_list.push_back(
            json::of({{"name", tool.name}, {"endpoints", json(std::move(endpoints))}}));
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(uptime);
    return json::of({{"version", version},
                     {"uptimeSeconds", static_cast<double>(seconds.count()) / 1000.0},
                     {"tools", json(std::move(tool_list))}});
}

}  // namespace symphony::gateway
