#include "gateway/rate_limit_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace symphony::gateway {
namespace {

using namespace std::chrono_literals;

TEST(rate_limit_fields, have_one_item_for_each_level) {
    rate_limiter::view budget;
    budget.levels = {{10, 1s, 5, 999ms}, {600, 60s, 590, 60s}};
    headers answer;
    add_rate_limit_fields(answer, budget);
    EXPECT_EQ(answer.get("ratelimit-policy"), R"("per-1s";q=10;w=1, "per-60s";q=600;w=60)");
    EXPECT_EQ(answer.get("ratelimit"), R"("per-1s";r=5;t=1, "per-60s";r=590;t=60)");
}

TEST(rate_limit_fields, name_odd_and_equal_windows_apart) {
    rate_limiter::view budget;
    budget.levels = {{3, 250ms, 0, 1ms}, {9, 1s, 9, 0s}, {8, 1s, 8, 0s}};
    headers answer;
    add_rate_limit_fields(answer, budget);
    EXPECT_EQ(answer.get("ratelimit-policy"),
              R"("per-250ms";q=3;w=1, "per-1s";q=9;w=1, "per-1s-3";q=8;w=1)");
    EXPECT_EQ(answer.get("ratelimit"),
              R"("per-250ms";r=0;t=1, "per-1s";r=9;t=0, "per-1s-3";r=8;t=0)");
}

TEST(rate_limit_fields, have_room_for_the_greatest_numbers) {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    rate_limiter::view budget;
    for (int i = 0; i < 12; ++i)
        budget.levels.push_back({most, duration::max(), most, duration::max()});
    headers answer;
    add_rate_limit_fields(answer, budget);
    const std::string policy = answer.get_all("ratelimit-policy");
    const std::string last = R"(, "per-9223372036854ms-12";q=18446744073709551615;w=9223372037)";
    EXPECT_THAT(policy, testing::EndsWith(last));
    EXPECT_THAT(answer.get_all("ratelimit"), testing::EndsWith(R"(;t=9223372037)"));
}

TEST(rate_limit_fields, stand_behind_those_of_the_api) {
    rate_limiter::view budget;
    budget.levels = {{10, 1s, 5, 1s}};
    headers answer{{"RateLimit", "\"theirs\";r=1"},
                   {"RateLimit-Policy", "\"theirs\";q=9"},
                   {"X-RateLimit-Remaining", "1"}};
    add_rate_limit_fields(answer, budget);
    EXPECT_EQ(answer.get_all("ratelimit"), R"("theirs";r=1, "per-1s";r=5;t=1)");
    EXPECT_EQ(answer.get_all("ratelimit-policy"), R"("theirs";q=9, "per-1s";q=10;w=1)");
    EXPECT_EQ(answer.get_all("x-ratelimit-remaining"), "1");
}

}  // namespace
}  // namespace symphony::gateway
