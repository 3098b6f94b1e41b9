#include "unit/config/config_fixture.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace symphony::testing;

constexpr std::string_view broken = R"(version: 3
tool: []
tools:
  - name: first one
    descripton: x
    externalAPIs:
      api:
        url: htp://example.com
        methd: GET
        timeout: soon
        rateLimit:
          maxRequestsPerSecnd: 10
          maxRequestsPerMinute: 0
          strategy: token-buckt
          distributed: {redis: {host: 'h:1'}}
        circuitBreaker:
          failureThreshold: -1
          monitoring: {metrics: {failureRate: 1.5}}
          recovery: {strategy: custom}
        auth: {type: bearer}
        middleware:
          error:
            retry: {maxAttempts: 0, backoff: linaer, conditions: ['.a |']}
        tls: {minVersion: 1.0}
        http: {maxConnections: 0}
        limits: {maxResponseBytes: 1GB}
        headers: {"bad name": x, ok: "${MISSING}"}
gateway: {admin: "0.0.0.0:9090", listen: 80}
log: {level: loud}
plugins: {}
)";

TEST(faults, are_all_reported_at_once_each_at_its_place) {
    const loaded result = parse(broken);
    ASSERT_FALSE(result);
    std::vector<std::string> lines;
    for (const config_fault& fault : result.error())
        lines.push_back(to_string(fault));
    const std::string e = "tools[0].externalAPIs.api";
    const std::string f = "symphony.yaml:";
    EXPECT_THAT(
        lines,
        ::testing::ElementsAre(
            f + "1:10: version: must be '1', not '3'",
            f + "2:1: tool: unknown key (did you mean 'tools'?)",
            f + "4:11: tools[0].name: a name has letters, digits, '-' and '_' only, at most 64",
            f + "5:5: tools[0].descripton: unknown key (did you mean 'description'?)",
            ::testing::StartsWith(f + "8:14: " + e + ".url: no valid URL: "),
            f + "9:9: " + e + ".methd: unknown key (did you mean 'method'?)",
            f + "10:18: " + e +
                ".timeout: must be milliseconds or text with a unit (250ms, 30s, "
                "5m, 1h), not 'soon'",
            f + "12:11: " + e +
                ".rateLimit.maxRequestsPerSecnd: unknown key (did you mean "
                "'maxRequestsPerSecond'?)",
            f + "13:33: " + e +
                ".rateLimit.maxRequestsPerMinute: must be a whole number, 1 to "
                "1000000000, not '0'",
            f + "14:21: " + e +
                ".rateLimit.strategy: must be 'sliding-window', 'token-bucket' or "
                "'leaky-bucket', not 'token-buckt' (did you mean 'token-bucket'?)",
            f + "15:39: " + e +
                ".rateLimit.distributed.redis.host: must be a host name or an address, without "
                "port and brackets",
            f + "17:29: " + e +
                ".circuitBreaker.failureThreshold: must be a whole number, 1 to "
                "1000000000, not '-1'",
            f + "18:47: " + e +
                ".circuitBreaker.monitoring.metrics.failureRate: must be a number "
                "above 0 and at most 1, not '1.5'",
            f + "19:32: " + e +
                ".circuitBreaker.recovery.strategy: 'custom' takes an object of C++ code: it "
                "cannot stand in a file",
            f + "20:9: " + e + ".auth: 'type: bearer' needs 'credentials.token'",
            f + "23:34: " + e +
                ".middleware.error.retry.maxAttempts: must be a whole number, 1 to "
                "1000, not '0'",
            f + "23:46: " + e +
                ".middleware.error.retry.backoff: must be 'exponential' or "
                "'linear', not 'linaer' (did you mean 'linear'?)",
            ::testing::StartsWith(f + "23:67: " + e +
                                  ".middleware.error.retry.conditions[0]: no valid jq program: "),
            f + "24:27: " + e + ".tls.minVersion: must be '1.2' or '1.3', not '1.0'",
            f + "25:32: " + e + ".http.maxConnections: must be a whole number, 1 to 65535, not '0'",
            ::testing::StartsWith(f + "26:36: " + e + ".limits.maxResponseBytes: must be a whole"),
            f + "27:19: " + e +
                ".headers['bad name']: no valid header name: letters, digits and "
                "!#$%&'*+-.^_`|~ only",
            f + "27:38: " + e + ".headers.ok: the environment variable MISSING is not set",
            f + "28:18: gateway.admin: not a loopback address: 'adminToken' is required",
            f + "28:42: gateway.listen: must be HOST:PORT, for example 127.0.0.1:8080 or "
                "[::1]:8080",
            f + "29:14: log.level: must be 'trace', 'debug', 'info', 'warn' or 'error', not 'loud'",
            f + "30:1: plugins: not available in this version"));
}

TEST(faults, are_written_on_one_line_whatever_the_file_holds) {
    const loaded result =
        parse("version: 1\n\"a\\nb\\e[31m\": 1\nlog: {level: \"x\\ty\\u009b\"}\n");
    ASSERT_FALSE(result);
    for (const config_fault& fault : result.error()) {
        for (const char c : to_string(fault))
            EXPECT_TRUE(c >= 0x20 && c != 0x7F);
    }
}

TEST(faults, quote_long_values_in_part) {
    const loaded result = parse(endpoint_with("timeout: " + std::string(10'000, 'x')));
    ASSERT_FALSE(result);
    EXPECT_LT(to_string(result.error()[0]).size(), 400u);
}

TEST(faults, of_the_whole_file_have_no_line) {
    config_fault fault;
    fault.file = "a.yaml";
    fault.message = "cannot be read";
    EXPECT_EQ(to_string(fault), "a.yaml: cannot be read");
}

}  // namespace
}  // namespace symphony
