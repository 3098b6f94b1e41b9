#include "unit/config/config_fixture.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace symphony::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

// The one message about a block, with where it points.
std::string fault_of(const std::string& block) {
    const loaded faulty = parse(endpoint_with(block));
    if (faulty) return "";
    EXPECT_EQ(faulty.error().size(), 1u) << all_faults(faulty);
    const config_fault& fault = faulty.error().front();
    constexpr std::string_view endpoint = "tools[0].externalAPIs.e.";
    EXPECT_TRUE(fault.path.starts_with(endpoint)) << fault.path;
    return fault.path.substr(endpoint.size()) + ": " + fault.message;
}

TEST(concurrency_block, of_a_bulkhead) {
    const auto e = only_endpoint(
        parse(endpoint_with("concurrency: {max: 10, maxQueueSize: 50, maxQueueTime: 2s}")));
    EXPECT_EQ(e.concurrency,
              (concurrency_options{.max = 10, .max_queue_size = 50, .max_queue_time = 2s}));
    EXPECT_EQ(only_endpoint(parse(endpoint_with("concurrency: {max: 3}"))).concurrency,
              concurrency_options{.max = 3});
}

TEST(concurrency_block, of_an_adaptive_limit) {
    const auto read = [](const std::string& block) {
        return only_endpoint(parse(endpoint_with("concurrency: " + block))).concurrency;
    };
    EXPECT_EQ(read("{adaptive: true}"), concurrency_options{.adaptive = true});
    EXPECT_EQ(read("{adaptive: true, min: 5, max: 80, initial: 10}"),
              (concurrency_options{.max = 80, .adaptive = true, .min = 5, .initial = 10}));
    EXPECT_EQ(read("{adaptive: false, max: 2}"), concurrency_options{.max = 2});
}

TEST(concurrency_block, names_what_is_missing_or_impossible) {
    EXPECT_EQ(fault_of("concurrency: {}"), "concurrency: needs 'max' or 'adaptive: true'");
    EXPECT_EQ(fault_of("concurrency: {adaptive: false}"),
              "concurrency: needs 'max' or 'adaptive: true'");
    for (const char* value : {"0", "-1", "1000001", "x", "'3'", "1.5"}) {
        EXPECT_THAT(fault_of(std::string("concurrency: {max: ") + value + "}"),
                    HasSubstr("concurrency.max: must be a whole number"));
    }
    EXPECT_THAT(fault_of("concurrency: {adaptive: maybe}"), HasSubstr("'false' or 'true'"));
    EXPECT_EQ(fault_of("concurrency: {max: 5, min: 2}"),
              "concurrency.min: goes with 'adaptive: true' only");
    EXPECT_EQ(fault_of("concurrency: {max: 5, initial: 2}"),
              "concurrency.initial: goes with 'adaptive: true' only");
    EXPECT_THAT(fault_of("concurrency: {adaptive: true, max: 5, min: 6}"),
                HasSubstr("concurrency.min: is above 'max'"));
    EXPECT_THAT(fault_of("concurrency: {adaptive: true, min: 1001}"), HasSubstr("above 'max'"));
    EXPECT_THAT(fault_of("concurrency: {adaptive: true, max: 5, initial: 6}"),
                HasSubstr("concurrency.initial: must be from 'min' to 'max'"));
    EXPECT_THAT(fault_of("concurrency: {max: 5, maxQueueTime: 1s}"),
                HasSubstr("concurrency.maxQueueTime: goes with 'maxQueueSize' only"));
    EXPECT_THAT(fault_of("concurrency: {max: 5, maxQueueSize: 1000001}"),
                HasSubstr("maxQueueSize"));
    EXPECT_THAT(fault_of("concurrency: 5"), HasSubstr("must be an object"));
    const loaded misspelt = parse(endpoint_with("concurrency: {max: 5, maxQueueSze: 1}"));
    EXPECT_EQ(misspelt.error()[0].suggestion, "maxQueueSize");
}

TEST(hedge_block, after_a_quantile_or_a_time) {
    const auto read = [](const std::string& block) {
        return only_endpoint(parse(endpoint_with("hedge: " + block))).hedge;
    };
    EXPECT_EQ(read("{}"), hedge_options{});
    EXPECT_EQ(read("{after: p95}"), hedge_options{});
    EXPECT_EQ(read("{after: p50, max: 3}"), (hedge_options{.quantile = 0.5, .max = 3}));
    EXPECT_EQ(read("{after: 250}"), hedge_options{.after = 250ms});
    EXPECT_EQ(read("{after: 1s}"), hedge_options{.after = 1s});
}

TEST(hedge_block, names_what_is_impossible) {
    for (const char* value : {"p49", "p100", "p", "p9.5", "percentile", "p95%"})
        EXPECT_THAT(fault_of(std::string("hedge: {after: ") + value + "}"),
                    HasSubstr("p50 to p99"));
    for (const char* value : {"soon", "'250'", "[]", "{}", "-1"})
        EXPECT_THAT(fault_of(std::string("hedge: {after: ") + value + "}"),
                    HasSubstr("hedge.after: must be a quantile (p50 to p99), milliseconds or"));
    EXPECT_THAT(fault_of("hedge: {after: 0}"), HasSubstr("hedge.after: must be above 0"));
    for (const char* value : {"0", "4", "x"})
        EXPECT_THAT(fault_of(std::string("hedge: {max: ") + value + "}"), HasSubstr("hedge.max"));
    EXPECT_THAT(fault_of("hedge: p95"), HasSubstr("must be an object"));
}

TEST(failure_conditions, are_jq_programs_over_an_outcome) {
    const auto e = only_endpoint(parse(endpoint_with(
        "circuitBreaker: {failureConditions: ['.status == 429', '.type == \"timeout\"']}")));
    ASSERT_EQ(e.failure_conditions.size(), 2u);
    attempt_failure answer;
    answer.status = 429;
    EXPECT_TRUE(e.failure_conditions[0](answer));
    EXPECT_FALSE(e.failure_conditions[1](answer));
    EXPECT_THAT(fault_of("circuitBreaker: {failureConditions: []}"), HasSubstr("not be empty"));
    EXPECT_THAT(fault_of("circuitBreaker: {failureConditions: ['.a =']}"),
                HasSubstr("circuitBreaker.failureConditions[0]: no valid jq program"));
    EXPECT_THAT(fault_of("circuitBreaker: {failureConditions: x}"), HasSubstr("must be a list"));
}

}  // namespace
}  // namespace symphony
