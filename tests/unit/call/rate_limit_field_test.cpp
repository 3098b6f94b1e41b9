#include "call/rate_limit_field.hpp"

#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What remains, and until when: of `RateLimit` with its policies, and of all families.

namespace symphony {
namespace {

using namespace std::chrono_literals;

using left = std::optional<limit_hint::allowance>;

left allowance(std::uint64_t calls, duration until_full) {
    return limit_hint::allowance{calls, until_full};
}

limit_hint hint(const headers& fields, int status = 200) {
    symphony::testing::manual_clock time;
    time.set_wall(std::chrono::sys_days(2026y / 1 / 1));
    return server_hint(status, fields, time);
}

struct row {
    std::string value;
    left expected;
};

TEST(rate_limit_field, what_remains_until_the_budget_is_full) {
    const std::vector<row> rows{
        {R"("burst";r=5;t=30)", allowance(5, 30s)},
        {R"("burst"; r=5; t=30)", allowance(5, 30s)},
        {R"("burst";t=30;pk=:r=1==:;r=5)", allowance(5, 30s)},
        {"limit=10, remaining=5, reset=30", allowance(5, 30s)},
        {R"("burst";r=5;t=9999999)", allowance(5, longest_hint)},
        {R"("burst";r=5)", std::nullopt},
        {R"("burst";r=5;t=0)", std::nullopt},
        {R"("burst";r=-5;t=30)", std::nullopt},
        {R"("burst";r=0;t=30)", std::nullopt},
        {"limit=10, remaining=5", std::nullopt},
    };
    for (const row& one : rows)
        EXPECT_EQ(hint({{"RateLimit", one.value}}).left, one.expected) << one.value;
}

TEST(rate_limit_field, the_scarcest_budget_counts_and_of_equals_the_longest) {
    EXPECT_EQ(hint({{"RateLimit", R"("a";r=50;t=3600, "b";r=5;t=1, "c";r=5;t=2)"}}).left,
              allowance(5, 2s));
    EXPECT_EQ(hint({{"RateLimit", R"("a";r=50;t=60)"},
                    {"X-RateLimit-Remaining", "7"},
                    {"X-RateLimit-Reset", "30"}})
                  .left,
              allowance(7, 30s));
}

TEST(rate_limit_field, a_used_up_budget_beside_it_is_a_wait_all_the_same) {
    const limit_hint both = hint({{"RateLimit", R"("a";r=0;t=3, "b";r=5;t=60)"}});
    EXPECT_EQ(both.wait, 3s);
    EXPECT_EQ(both.left, allowance(5, 60s));
}

TEST(rate_limit_field, a_policy_of_the_same_name_tells_the_window_where_no_reset_is_told) {
    const auto with = [](std::string value, std::string policy) {
        return hint({{"RateLimit", value}, {"RateLimit-Policy", policy}});
    };
    EXPECT_EQ(with(R"("burst";r=5)", R"("day";q=9;w=86400, "burst";q=10;w=20)").left,
              allowance(5, 20s));
    EXPECT_EQ(with(R"("burst";r=0)", R"("burst";q=10;w=20)").wait, 20s);
    EXPECT_EQ(with(R"("burst";r=0;t=3)", R"("burst";q=10;w=20)").wait, 3s);
    EXPECT_EQ(with(R"("burst";r=0)", R"("other";q=10;w=20)").wait, std::nullopt);
    EXPECT_EQ(with(R"("burst";r=0)", R"("burst";q=10)").wait, std::nullopt);
    EXPECT_EQ(with(R"("burst";r=0)", R"("a, \"burst\"";q=1;w=9, "burst";w=7)").wait, 7s);
    EXPECT_EQ(with("r=0", "w=20").wait, std::nullopt) << "no name, no policy";
}

TEST(rate_limit_field, a_window_that_may_be_nearly_over_holds_nobody_up_for_long) {
    const headers fields{{"RateLimit", R"("day";r=0)"}, {"RateLimit-Policy", R"("day";w=86400)"}};
    EXPECT_EQ(hint(fields).wait, longest_guess);
}

TEST(rate_limit_field, no_more_members_than_an_api_has_budgets_are_looked_up) {
    std::string many;
    for (int i = 0; i < 16; ++i)
        many += "\"unknown\";r=0, ";
    const headers fields{{"RateLimit-Policy", R"("day";w=20)"},
                         {"RateLimit", many + R"("day";r=0)"}};
    EXPECT_EQ(hint(fields).wait, std::nullopt);
    EXPECT_EQ(hint({{"RateLimit-Policy", R"("day";w=20)"}, {"RateLimit", R"("day";r=0)"}}).wait,
              20s);
}

TEST(rate_limit_field, every_family_of_calls_tells_what_remains) {
    struct family {
        std::string remaining;
        std::string reset;
        std::string in_half_a_minute;
        bool counts_calls;
    };
    const std::vector<family> families{
        {"RateLimit-Remaining", "RateLimit-Reset", "30", true},
        {"X-RateLimit-Remaining", "X-RateLimit-Reset", "1767225630", true},
        {"X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", "30", true},
        {"X-RateLimit-Remaining", "X-RateLimit-Reset-After", "30", true},
        {"X-RateLimit-Remaining-Requests", "X-RateLimit-Reset-Requests", "30s", true},
        {"X-RateLimit-Remaining-Tokens", "X-RateLimit-Reset-Tokens", "30s", false},
        {"Anthropic-RateLimit-Requests-Remaining", "Anthropic-RateLimit-Requests-Reset",
         "2026-01-01T00:00:30Z", true},
        {"Anthropic-RateLimit-Tokens-Remaining", "Anthropic-RateLimit-Tokens-Reset",
         "2026-01-01T00:00:30Z", false},
        {"Anthropic-RateLimit-Input-Tokens-Remaining", "Anthropic-RateLimit-Input-Tokens-Reset",
         "2026-01-01T00:00:30Z", false},
        {"Anthropic-RateLimit-Output-Tokens-Remaining", "Anthropic-RateLimit-Output-Tokens-Reset",
         "2026-01-01T00:00:30Z", false},
    };
    for (const family& one : families) {
        headers fields;
        ASSERT_TRUE(fields.add(one.remaining, "4"));
        ASSERT_TRUE(fields.add(one.reset, one.in_half_a_minute));
        EXPECT_EQ(hint(fields).left, one.counts_calls ? allowance(4, 30s) : std::nullopt)
            << one.remaining;
        EXPECT_EQ(hint(fields).wait, std::nullopt) << one.remaining;
    }
}

}  // namespace
}  // namespace symphony
