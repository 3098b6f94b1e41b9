#include "call/text.hpp"
#include "symphony/call/endpoint_options.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(describe_chain, a_bare_endpoint_has_a_deadline_and_a_transport) {
    endpoint_options options;
    options.url = "http://user:pa55@api.example.com:8080/v2?key=qu3ry";
    const auto chain = describe_chain("t", "e", options);
    EXPECT_THAT(chain, ElementsAre("deadline         30s",
                                   HasSubstr("HTTP/1.1 to http://api.example.com:8080,")));
}

TEST(describe_chain, shows_the_proxy_without_its_credentials) {
    endpoint_options options;
    options.url = "https://api.example.com";
    options.http.proxy = proxy_options::to(secret("http://ann:hunter2@proxy.test:3128"));
    EXPECT_THAT(describe_chain("t", "e", options).back(),
                testing::AllOf(HasSubstr(", through the proxy proxy.test:3128, up to"),
                               testing::Not(HasSubstr("ann")), testing::Not(HasSubstr("hunter2"))));
    options.http.proxy.except = "example.com";
    EXPECT_THAT(describe_chain("t", "e", options).back(), testing::Not(HasSubstr("proxy")));
}

TEST(describe_chain, shows_what_bounds_the_transport_and_where_it_follows) {
    endpoint_options options;
    options.url = "https://api.example.com";
    options.http.warm_connections = 4;
    EXPECT_THAT(describe_chain("t", "e", options).back(), HasSubstr("256 connections (4 warm)"));
    options.http.first_byte_timeout = 2s;
    EXPECT_EQ(describe_chain("t", "e", options).back(),
              "  at most        10s to connect, 2s to the first byte");
    options.http.connect_timeout = 5s;
    options.http.resolve_timeout = 1s;
    options.http.tls_timeout = 3s;
    options.http.between_bytes_timeout = 4s;
    options.redirects = {redirect_policy::same_origin, 5};
    const auto chain = describe_chain("t", "e", options);
    EXPECT_EQ(chain.at(chain.size() - 2),
              "  at most        5s to connect, 1s of it to resolve, 3s of it for TLS, 2s to the "
              "first byte, 4s between bytes");
    EXPECT_EQ(chain.back(), "  redirects      up to 5, within the origin");
    options.redirects.follow = redirect_policy::any;
    EXPECT_THAT(describe_chain("t", "e", options).back(), HasSubstr("no credentials"));
}

TEST(describe_chain, all_layers_outermost_first_and_no_secret) {
    endpoint_options options;
    options.url = "https://api.example.com";
    options.rate_limit =
        rate_limit_options{.max_requests_per_second = 10, .max_requests_per_minute = 300};
    options.circuit_breaker = circuit_breaker_options{.latency_threshold = 2s};
    options.auth = auth_options{.token = secret("t0p")};
    options.middleware.error.retry = retry_options{};
    const auto chain = describe_chain("t", "e", options);
    EXPECT_THAT(chain, ElementsAre(StartsWith("deadline"), StartsWith("retry"),
                                   StartsWith("circuit breaker"), StartsWith("rate limit"),
                                   StartsWith("circuit breaker"), StartsWith("credentials"),
                                   StartsWith("transport")));
    EXPECT_THAT(chain[1], HasSubstr("up to 3 attempts, exponential from 100ms to 10s"));
    EXPECT_THAT(chain[2], HasSubstr("slow above 2s"));
    EXPECT_THAT(chain[3], HasSubstr("10 per 1s, 300 per 60s; sliding window, key t.e"));
    for (const auto& line : chain)
        EXPECT_THAT(line, testing::Not(HasSubstr("t0p")));
}

TEST(describe_chain, says_how_many_at_a_time_and_when_again) {
    endpoint_options options;
    options.url = "http://api.example.com";
    options.circuit_breaker.emplace();
    options.failure_conditions.emplace_back([](const attempt_failure&) { return true; });
    options.concurrency = concurrency_options{.max = 10};
    options.hedge = hedge_options{};
    const auto chain = describe_chain("t", "e", options);
    ASSERT_EQ(chain.size(), 5u);
    EXPECT_EQ(chain[1],
              "hedge            up to 1 more after the p95 of latencies, where that is safe and at "
              "once");
    EXPECT_THAT(chain[2], HasSubstr("opens after 5 failures by 1 condition;"));
    EXPECT_EQ(chain[3], "concurrency      10 at a time; never waits");
    options.hedge->after = 250ms;
    options.concurrency =
        concurrency_options{.adaptive = true, .max_queue_size = 50, .max_queue_time = 2s};
    const auto other = describe_chain("t", "e", options);
    EXPECT_THAT(other[1], HasSubstr("after 250ms,"));
    EXPECT_EQ(other[3],
              "concurrency      adaptive, 1 to 1000 at a time, 20 at first; queue of 50 for 2s");
}

TEST(describe_chain, says_how_a_circuit_recovers) {
    endpoint_options options;
    options.url = "http://api.example.com";
    options.circuit_breaker = circuit_breaker_options{.recovery = recovery_kind::gradual};
    EXPECT_THAT(describe_chain("t", "e", options)[1],
                HasSubstr("at most 5m, then 10, 20, 40, 80 % of the calls"));
}

TEST(duration_text, reads_as_people_write_it) {
    EXPECT_EQ(duration_text(0s), "0ms");
    EXPECT_EQ(duration_text(1ns), "1ms") << "rounded up";
    EXPECT_EQ(duration_text(250ms), "250ms");
    EXPECT_EQ(duration_text(1s), "1s");
    EXPECT_EQ(duration_text(1500ms), "1.5s");
    EXPECT_EQ(duration_text(60s), "60s");
    EXPECT_EQ(duration_text(5min), "5m");
    EXPECT_EQ(duration_text(2h), "2h");
}

}  // namespace
}  // namespace symphony
