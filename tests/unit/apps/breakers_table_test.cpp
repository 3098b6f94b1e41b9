#include "cli/breakers_table.hpp"

#include <gtest/gtest.h>

namespace symphony::cli {
namespace {

const json status = *json::parse(R"({"tools": [
    {"name": "shop", "endpoints": [
        {"name": "api", "breaker": {"state": "open", "manual": false, "retryAfterMs": 12400}},
        {"name": "bare"},
        {"name": "slow", "breaker": {"state": "half-open", "manual": false, "admittedShare": 0.2}}]},
    {"name": "other", "endpoints": [{"name": "api", "breaker": {"state": "closed", "manual": true}}]}
]})");

TEST(breakers_table, shows_a_line_a_circuit) {
    EXPECT_EQ(breakers_table(breakers_in_status(status)),
              "ENDPOINT   STATE      NOTE\n"
              "shop.api   open       for 12.4 s\n"
              "shop.slow  half-open  admits 20 % of the calls\n"
              "other.api  closed     by hand, until 'auto'\n");
    EXPECT_EQ(breakers_table({}), "no circuit breakers are configured\n");
}

TEST(breakers_table, shows_one_of_them) {
    const auto rows = breakers_in_status(status, "shop.slow");
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].endpoint, "slow");
    EXPECT_TRUE(breakers_in_status(status, "shop.bare").empty());
    EXPECT_TRUE(breakers_in_status(*json::parse("{}")).empty());
    EXPECT_TRUE(breakers_in_status(*json::parse("[]")).empty());
}

TEST(breakers_table, is_an_array_for_programs) {
    EXPECT_EQ(breakers_json(breakers_in_status(status)),
              R"([{"tool":"shop","endpoint":"api","state":"open","manual":false,)"
              R"("retryAfterMs":12400},{"tool":"shop","endpoint":"slow","state":"half-open",)"
              R"("manual":false,"admittedShare":0.2},{"tool":"other","endpoint":"api",)"
              R"("state":"closed","manual":true}])"
              "\n");
}

}  // namespace
}  // namespace symphony::cli
