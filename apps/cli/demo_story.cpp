#include "cli/demo_story.hpp"

#include <fmt/format.h>

namespace symphony::cli {

using namespace std::chrono_literals;

// The circuit opens about half a second into "failing" and must not probe before that phase ends:
// its reset timeout of 3 s is longer than the phase.
const std::vector<story_phase>& story_phases() {
    static const std::vector<story_phase> phases{
        {"healthy", "the API answers well", demo_mode::healthy, 0, 8, 3s},
        {"burst", "60 calls at once, with 20 a second allowed and 20 places to wait",
         demo_mode::healthy, 60, 0, 2s},
        {"slow", "the API takes 400 ms", demo_mode::slow, 0, 8, 2500ms},
        {"429", "the API says 429 with Retry-After: 1", demo_mode::limited, 0, 6, 3s},
        {"failing", "the API answers 500", demo_mode::failing, 0, 8, 2500ms},
        {"recovery", "the API is well again", demo_mode::healthy, 0, 6, 4s},
    };
    return phases;
}

tool_options story_tool(const std::string& url) {
    endpoint_options endpoint;
    endpoint.url = url;
    endpoint.timeout = 10s;
    rate_limit_options limit;
    limit.max_requests_per_second = 20;
    limit.max_queue_size = 20;
    endpoint.rate_limit = limit;
    circuit_breaker_options breaker;
    breaker.failure_threshold = 5;
    breaker.reset_timeout = 3s;
    breaker.max_reset_timeout = 3s;
    endpoint.circuit_breaker = breaker;
    auth_options auth;
    auth.token = secret("demo-token");
    endpoint.auth = auth;
    retry_options retry;
    retry.conditions.emplace_back([](const attempt_failure& failure) {
        return failure.status == 429 || failure.status >= 500 || failure.type == "network";
    });
    endpoint.middleware.error.retry = retry;

    tool_options tool;
    tool.name = "demo";
    tool.external_apis.push_back({"api", std::move(endpoint)});
    return tool;
}

std::vector<story_promise> story_promises(const std::vector<story_row>& rows, std::uint64_t opened,
                                          std::uint64_t closed) {
    const story_row& healthy = rows[0];
    const story_row& burst = rows[1];
    const story_row& slow = rows[2];
    const story_row& told = rows[3];
    const story_row& failing = rows[4];
    const story_row& recovery = rows[5];
    return {
        {fmt::format("healthy: {} calls, all answered", healthy.calls),
         healthy.calls > 0 && healthy.ok == healthy.calls},
        {fmt::format("burst: {} went through or waited their turn, {} were refused at once",
                     burst.ok, burst.rate_limited),
         burst.ok > 20 && burst.rate_limited > 0 && burst.ok + burst.rate_limited == burst.calls},
        {"slow: every call was waited for, and none was cut off",
         slow.ok == slow.calls && slow.p50 && *slow.p50 >= 350ms},
        {fmt::format("429: {} attempts repeated after Retry-After, every call answered",
                     told.retried),
         told.retried > 0 && told.ok == told.calls},
        {fmt::format("failing: {} retries, then the circuit opened and cut off {} calls at once",
                     failing.retried, failing.cut_off),
         failing.retried > 0 && failing.cut_off > 0 && opened > 0},
        {fmt::format("recovery: a probe closed the circuit, {} calls answered", recovery.ok),
         recovery.ok > 0 && closed > 0 && recovery.circuit == "closed"},
    };
}

}  // namespace symphony::cli
