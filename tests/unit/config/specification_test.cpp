#include "unit/config/config_fixture.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace symphony::testing;
using namespace std::chrono_literals;

// The specification's own examples: what works is read, the rest is named and nothing is unknown.
void expect_unavailable(const std::string& block, const std::vector<std::string>& paths) {
    const loaded file = parse(endpoint_with(block));
    ASSERT_FALSE(file);
    std::vector<std::string> found;
    for (const config_fault& fault : file.error()) {
        EXPECT_THAT(fault.message, ::testing::HasSubstr("not available in this version"));
        found.push_back(fault.path.substr(std::string("tools[0].externalAPIs.e.").size()));
    }
    EXPECT_EQ(found, paths);
}

TEST(specification, multi_level_rate_limiting) {
    const std::string levels =
        "rateLimit: {maxRequestsPerSecond: 10, maxRequestsPerMinute: 600, keyPrefix: service-prod";
    EXPECT_EQ(only_endpoint(parse(endpoint_with(levels + "}"))).rate_limit->levels().size(), 2u);
    const auto shared = only_endpoint(
        parse(endpoint_with(levels + ", distributed: {redis: {host: redis.internal, port: 6379}, "
                                     "strategy: token-bucket}}")));
    EXPECT_EQ(shared.rate_limit->strategy, rate_strategy::token_bucket);
    EXPECT_EQ(shared.rate_sharing->redis.server, (redis_address{"redis.internal", 6379}));
}

TEST(specification, advanced_circuit_breaking) {
    const auto with = [](const std::string& alerts) {
        return parse(
            "version: 1\ntools:\n"
            "- {name: backupAPI, externalAPIs: {endpoint: {url: 'http://b'}}}\n"
            "- name: robustService\n"
            "  externalAPIs: {endpoint: {url: 'https://api.service.com', circuitBreaker: "
            "{failureThreshold: 5, resetTimeoutMs: 30000, healthCheckEndpoint: "
            "'https://api.service.com/health', fallbackService: backupAPI, monitoring: "
            "{metrics: {failureRate: 0.1, latencyThreshold: 1000}" +
            alerts + "}, recovery: {strategy: gradual, successThreshold: 5}}}}\n");
    };
    const loaded file = with(", alerts: {slack: 'https://hooks.slack.com/services/T/B/x'}");
    ASSERT_TRUE(file) << all_faults(file);
    const endpoint_options& e = file->tools[1].external_apis[0].options;
    EXPECT_EQ(e.fallback, "backupAPI");
    EXPECT_EQ(e.health_check->url, "https://api.service.com/health");
    EXPECT_EQ(e.circuit_breaker->recovery, recovery_kind::gradual);
    EXPECT_EQ(e.circuit_breaker->success_threshold, 5u);
    EXPECT_TRUE(e.alerts->slack.equals("https://hooks.slack.com/services/T/B/x"));
    EXPECT_EQ(e.alerts->min_interval, std::chrono::seconds(60));
    const loaded placeholder = with(", alerts: {slack: webhook_url}");
    ASSERT_FALSE(placeholder);
    EXPECT_THAT(placeholder.error()[0].message, ::testing::HasSubstr("http or https URL"));
}

TEST(specification, advanced_streaming) {
    expect_unavailable(
        "isStreaming: true, streamConfig: {mode: json, backpressure: {highWaterMark: "
        "1000, lowWaterMark: 100}}",
        {"isStreaming", "streamConfig"});
}

TEST(specification, enterprise_authentication) {
    expect_unavailable(
        "auth: {type: oauth2, oauth2: {tokenUrl: 'https://a', clientId: i, "
        "clientSecret: s, scopes: [read]}, federation: {provider: aws}, caching: "
        "{enabled: true, ttl: 3600}}",
        {"auth.type", "auth.oauth2", "auth.federation", "auth.caching"});
}

TEST(specification, advanced_middleware) {
    expect_unavailable(
        "middleware: {pre: {transform: '.'}, post: {cache: {ttl: 3600}}, error: {transform: '.', "
        "retry: {conditions: ['.status == 429', '.type == \"network\"'], backoff: exponential}, "
        "fallback: '.'}, metrics: {dimensions: [region]}}",
        {"middleware.pre", "middleware.post", "middleware.error.transform",
         "middleware.error.fallback", "middleware.metrics"});
}

TEST(specification, the_contracts_first_example) {
    const loaded file = parse(R"(
version: 1
tools:
  - name: managedAPI
    description: Orders service
    externalAPIs:
      endpoint:
        url: https://api.service.com/v2
        method: GET              # default method of a call
        headers: {accept: application/json}
        timeout: 30000           # ms: the deadline of the whole call, queueing and retries included
        rateLimit: {maxRequestsPerSecond: 10, maxRequestsPerMinute: 600, keyPrefix: service-prod}
        circuitBreaker: {failureThreshold: 5, resetTimeoutMs: 30000}
        auth: {type: bearer, credentials: {token: "${SERVICE_TOKEN}"}}
)",
                              {{"SERVICE_TOKEN", "abc"}});
    const auto e = only_endpoint(file);
    EXPECT_EQ(e.timeout, 30s);
    EXPECT_EQ(e.circuit_breaker->reset_timeout, 30s);
    EXPECT_TRUE(e.auth->token.equals("abc"));
}

}  // namespace
}  // namespace symphony
