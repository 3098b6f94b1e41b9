#include "call/http_hints.hpp"

#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr wall_time example{std::chrono::seconds(784'111'777)};

std::optional<duration> hint(int status, const headers& fields) {
    symphony::testing::manual_clock time;
    time.set_wall(example);
    return server_hint(status, fields, time).wait;
}

TEST(http_date, all_three_forms_of_one_moment) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), example);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), example);
}

TEST(http_date, what_is_no_date_is_nothing) {
    for (const char* text :
         {"", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
          "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
          "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 9999 08:49:37 GMT"}) {
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
    }
}

TEST(timestamp, one_moment_in_several_zones) {
    EXPECT_EQ(parse_timestamp("1994-11-06T08:49:37Z"), example);
    EXPECT_EQ(parse_timestamp("1994-11-06T09:49:37+01:00"), example);
    EXPECT_EQ(parse_timestamp("1994-11-05T21:19:37-11:30"), example);
    EXPECT_EQ(parse_timestamp("1994-11-06T08:49:37-00:00"), example);
    EXPECT_EQ(parse_timestamp("1994-11-06T08:48:60Z"), example - 37s) << "a leap second";
}

TEST(timestamp, fractions_are_rounded_up_to_nanoseconds) {
    EXPECT_EQ(parse_timestamp("1994-11-06T08:49:37.5Z"), example + 500ms);
    EXPECT_EQ(parse_timestamp("1994-11-06T08:49:37.000000001Z"), example + 1ns);
    EXPECT_EQ(parse_timestamp("1994-11-06T08:49:37.0000000000Z"), example);
    EXPECT_EQ(parse_timestamp("1994-11-06T08:49:37.00000000001Z"), example + 1ns);
    EXPECT_EQ(parse_timestamp("1994-11-06T08:49:36.9999999999+00:00"), example);
}

TEST(timestamp, what_is_none_is_nothing) {
    for (const char* text : {"",
                             "Z",
                             "1994-11-06",
                             "1994-11-06T08:49:37",
                             "1994-11-06 08:49:37Z",
                             "1994-11-06T08:49Z",
                             "1994-11-06T08:49:37.Z",
                             "1994-11-06T08:49:37,5Z",
                             "1994-11-06T08:49:37Z ",
                             "1994-11-06T08:49:37+1:00",
                             "1994-11-06T08:49:37+0100",
                             "1994-11-06T08:49:37+24:00",
                             "1994-11-06T08:49:37+01:60",
                             "1994-11-06T08:49:37+",
                             "1994-11-06T08:49:37Z+01:00",
                             "1994-11-06T08:49:37 UTC",
                             "1994-02-30T08:49:37Z",
                             "1994-00-06T08:49:37Z",
                             "1994-13-06T08:49:37Z",
                             "1994-11-06T24:00:00Z",
                             "1994-11-06T08:49:61Z",
                             "94-11-06T08:49:37Z",
                             "9999-11-06T08:49:37Z",
                             "1969-12-31T23:59:59Z",
                             "-994-11-06T08:49:37Z"}) {
        EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
    }
}

TEST(retry_after, seconds_or_a_date) {
    EXPECT_EQ(parse_retry_after("120", example), 120s);
    EXPECT_EQ(parse_retry_after(" 0 ", example), 0s);
    EXPECT_EQ(parse_retry_after("0.2", example), 1s) << "a wait is rounded up";
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", example), 60s);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:48:37 GMT", example), 0s) << "in the past";
}

TEST(retry_after, never_holds_longer_than_a_day) {
    EXPECT_EQ(parse_retry_after("99999999999999999999999999", example), longest_hint);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", example), longest_hint);
}

TEST(retry_after, anything_else_is_nothing) {
    for (const char* text : {"", "-1", "1e3", "5s", "1,5", "tomorrow", ".", "0x10"})
        EXPECT_EQ(parse_retry_after(text, example), std::nullopt) << text;
}

TEST(server_hint, retry_after_counts_with_429_and_503_only) {
    const headers fields{{"Retry-After", "7"}};
    EXPECT_EQ(hint(429, fields), 7s);
    EXPECT_EQ(hint(503, fields), 7s);
    EXPECT_EQ(hint(200, fields), std::nullopt);
    EXPECT_EQ(hint(301, fields), std::nullopt);
}

struct hint_case {
    const char* what;
    headers fields;
    std::optional<duration> expected;
};

TEST(server_hint, used_up_budgets_of_every_family) {
    const std::string in_a_minute = "784111837";  // epoch seconds, below 10^9 in 1994: see below
    const std::vector<hint_case> cases{
        {"the draft's list", {{"RateLimit", R"("burst";r=0;t=30)"}}, 30s},
        {"some left", {{"RateLimit", R"("burst";r=5;t=30)"}}, std::nullopt},
        {"no reset", {{"RateLimit", R"("burst";r=0)"}}, std::nullopt},
        {"the longest of several",
         {{"RateLimit", R"("a";r=0;t=5, "b";r=0;t=50, "c";r=3;t=500)"}},
         50s},
        {"a name with a comma and a semicolon",
         {{"RateLimit", R"("a,b;r=0;t=9";r=1;t=5)"}},
         std::nullopt},
        {"earlier drafts", {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "12"}}, 12s},
        {"earlier drafts, some left",
         {{"RateLimit-Remaining", "1"}, {"RateLimit-Reset", "12"}},
         std::nullopt},
        {"seconds from now", {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "9"}}, 9s},
        {"with a dash more", {{"X-Rate-Limit-Remaining", "0"}, {"X-Rate-Limit-Reset", "9"}}, 9s},
        {"a fraction", {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset-After", "0.57"}}, 1s},
        {"below 10^9 it is seconds from now, however many",
         {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", in_a_minute}},
         longest_hint},
        {"nonsense", {{"X-RateLimit-Remaining", "none"}, {"X-RateLimit-Reset", "9"}}, std::nullopt},
        {"unrelated", {{"X-Request-Id", "0"}}, std::nullopt},
    };
    for (const hint_case& one : cases)
        EXPECT_EQ(hint(200, one.fields), one.expected) << one.what;
}

TEST(server_hint, the_dictionary_of_earlier_drafts_is_one_budget) {
    struct row {
        const char* value;
        std::optional<duration> expected;
    };
    const std::vector<row> rows{
        {"limit=10, remaining=0, reset=30", 30s},
        {"limit=10,remaining=0,reset=30", 30s},
        {"reset=30, remaining=0", 30s},
        {"limit=10;w=60, remaining=0;a, reset=30;b=1", 30s},
        {R"(limit=10, remaining=0, note="a, reset=90", reset=30)", 30s},
        {"remaining=0, reset=9999999", longest_hint},
        {"remaining=0, reset=99999999999999999999999", longest_hint},
        {"remaining=0, reset=0", 0s},
        {"limit=10, remaining=5, reset=30", std::nullopt},
        {"limit=10, reset=30", std::nullopt},
        {"limit=10, remaining=0", std::nullopt},
        {"limit=10, remaining=none, reset=30", std::nullopt},
        {"limit=10, remaining=, reset=30", std::nullopt},
        {"limit=10, remaining=0, reset=30s", std::nullopt},
        {"limit=10, remaining=0, reset=-1", std::nullopt},
        {"limit=10, remaining=0, reset =30", std::nullopt},
        {R"(limit=10, remaining=0, reset="30")", std::nullopt},
        {R"("remaining=0, reset=30")", std::nullopt},
        {"remaining=0;reset=30", std::nullopt},
        {"remaining", std::nullopt},
        {"", std::nullopt},
        {", ,", std::nullopt},
        {R"("unclosed, remaining=0, reset=30)", std::nullopt},
    };
    for (const row& one : rows) {
        for (const int status : {200, 429})
            EXPECT_EQ(hint(status, {{"RateLimit", one.value}}), one.expected) << one.value;
    }
}

TEST(server_hint, a_policy_alone_is_no_wait) {
    const headers fields{{"RateLimit-Policy", R"("burst";q=0;w=60)"}, {"RateLimit-Limit", "0"}};
    EXPECT_EQ(hint(200, fields), std::nullopt);
    EXPECT_EQ(hint(429, fields), std::nullopt);
}

TEST(server_hint, a_429_that_tells_only_the_reset_has_nothing_left) {
    const headers only_reset{{"X-RateLimit-Reset", "9"}};
    EXPECT_EQ(hint(429, only_reset), 9s);
    EXPECT_EQ(hint(200, only_reset), std::nullopt);
    EXPECT_EQ(hint(429, {{"X-RateLimit-Remaining", "3"}, {"X-RateLimit-Reset", "9"}}),
              std::nullopt);
    EXPECT_EQ(hint(429, {{"X-RateLimit-Remaining", "none"}, {"X-RateLimit-Reset", "9"}}), 9s)
        << "what cannot be read says nothing";
}

TEST(server_hint, a_reset_above_a_milliard_is_epoch_seconds) {
    symphony::testing::manual_clock time;
    time.set_wall(wall_time(std::chrono::seconds(1'900'000'000)));
    const headers ahead{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1900000060"}};
    EXPECT_EQ(server_hint(200, ahead, time).wait, 60s);
    const headers past{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1800000000"}};
    EXPECT_EQ(server_hint(200, past, time).wait, 0s);
}

TEST(server_hint, the_longest_of_all_rules) {
    const headers fields{{"Retry-After", "3"},
                         {"X-RateLimit-Remaining", "0"},
                         {"X-RateLimit-Reset", "20"},
                         {"RateLimit", R"("x";r=0;t=8)"}};
    EXPECT_EQ(hint(429, fields), 20s);
}

}  // namespace
}  // namespace symphony
