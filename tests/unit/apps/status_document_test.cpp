#include "gateway/status_document.hpp"

#include <gtest/gtest.h>

namespace symphony::gateway {
namespace {

using namespace std::chrono_literals;

TEST(status_document, shows_breaker_and_limit) {
    endpoint_status endpoint;
    endpoint.name = "api";
    endpoint.url = "https://api.example.com/v2";
    endpoint.breaker = {circuit_state::open, false, 1500ms};
    endpoint_status::rate_limit_status limit;
    limit.key_prefix = "demo.api";
    limit.view.queued = 3;
    limit.view.levels = {{10, 1s, 4, 1s}};
    endpoint.rate_limit = limit;
    const json document = status_document({{"demo", {endpoint}}}, "1.2.3", 1500ms);
    EXPECT_EQ(document.dump(),
              R"({"version":"1.2.3","uptimeSeconds":1.5,"tools":[{"name":"demo","endpoints":[)"
              R"({"name":"api","url":"https://api.example.com/v2",)"
              R"("breaker":{"state":"open","manual":false,"retryAfterMs":1500},)"
              R"("rateLimit":{"keyPrefix":"demo.api","strategy":"sliding-window","queued":3,)"
              R"("levels":[{"max":10,"windowMs":1000,"remaining":4}],"store":"local"}}]}]})");
}

TEST(status_document, shows_the_share_of_a_gradual_recovery) {
    endpoint_status endpoint;
    endpoint.name = "api";
    endpoint.breaker = {circuit_state::half_open, false, std::nullopt, 0.2};
    const json document = status_document({{"demo", {endpoint}}}, "1", 1s);
    EXPECT_EQ(document["tools"][0]["endpoints"][0]["breaker"].dump(),
              R"({"state":"half-open","manual":false,"admittedShare":0.2})");
}

TEST(status_document, shows_what_others_find_of_a_shared_circuit) {
    endpoint_status endpoint;
    endpoint.name = "api";
    endpoint.breaker = endpoint_status::breaker_status{.state = circuit_state::closed};
    endpoint.breaker->shared = {.store = "redis-down", .open = true, .broken = 2, .sound = 1};
    const json document = status_document({{"demo", {endpoint}}}, "1", 1s);
    EXPECT_EQ(document["tools"][0]["endpoints"][0]["breaker"].dump(),
              R"({"state":"closed","manual":false,)"
              R"("shared":{"store":"redis-down","open":true,"broken":2,"sound":1}})");
}

TEST(status_document, shows_the_concurrency_limit) {
    endpoint_status endpoint;
    endpoint.name = "api";
    endpoint.concurrency = {12, 3, 0, true};
    const json document = status_document({{"demo", {endpoint}}}, "1", 1s);
    EXPECT_EQ(document["tools"][0]["endpoints"][0]["concurrency"].dump(),
              R"({"limit":12,"inFlight":3,"queued":0,"adaptive":true})");
}

TEST(status_document, leaves_out_what_is_not_configured) {
    endpoint_status endpoint;
    endpoint.name = "api";
    endpoint.url = "http://x/";
    const json document = status_document({{"demo", {endpoint}}}, "1", 1s);
    const json& shown = document["tools"][0]["endpoints"][0];
    EXPECT_FALSE(shown.contains("breaker"));
    EXPECT_FALSE(shown.contains("rateLimit"));
    EXPECT_FALSE(shown.contains("concurrency"));
}

}  // namespace
}  // namespace symphony::gateway
