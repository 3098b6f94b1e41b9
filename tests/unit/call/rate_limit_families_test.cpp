#include "call/rate_limit_families.hpp"

#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;

using wait = std::optional<duration>;

wait hint(int status, const headers& fields) {
    symphony::testing::manual_clock time;
    time.set_wall(std::chrono::sys_days(2026y / 1 / 1));
    return server_hint(status, fields, time).wait;
}

struct pair_of_fields {
    std::string remaining;
    std::string reset;
    std::string in_half_a_minute;
    std::string malformed;
};

const std::vector<pair_of_fields>& all_families() {
    static const std::string moment = "2026-01-01T00:00:30Z";
    static const std::vector<pair_of_fields> all{
        {"RateLimit-Remaining", "RateLimit-Reset", "30", "30s"},
        {"X-RateLimit-Remaining", "X-RateLimit-Reset", "1767225630", "-30"},
        {"X-RateLimit-Remaining", "X-RateLimit-Reset", "1767225630000", "1767225630000ms"},
        {"X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", "30", "soon"},
        {"X-RateLimit-Remaining", "X-RateLimit-Reset-After", "29.5", "29.5.0"},
        {"x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "30s", "30"},
        {"X-RateLimit-Remaining-Tokens", "X-RateLimit-Reset-Tokens", "0m30s", "30s0m"},
        {"anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset", moment,
         "2026-01-01T00:00:30"},
        {"anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset", moment, "30"},
        {"Anthropic-RateLimit-Input-Tokens-Remaining", "Anthropic-RateLimit-Input-Tokens-Reset",
         "2026-01-01T01:00:30+01:00", "30s"},
        {"anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset",
         "2025-12-31T23:30:30-00:30", "2026-01-01"},
    };
    return all;
}

TEST(rate_limit_families, only_a_used_up_budget_is_a_wait) {
    struct row {
        const char* remaining;  // nullptr: no such field
        wait on_200;
        wait on_429;
    };
    const std::vector<row> rows{
        {"0", 30s, 30s},
        {" 0 ", 30s, 30s},
        {"5", std::nullopt, std::nullopt},
        {nullptr, std::nullopt, 30s},
        {"none", std::nullopt, 30s},
        {"-1", std::nullopt, 30s},
    };
    for (const pair_of_fields& names : all_families()) {
        for (const row& one : rows) {
            headers fields;
            ASSERT_TRUE(fields.add(names.reset, names.in_half_a_minute));
            if (one.remaining) ASSERT_TRUE(fields.add(names.remaining, one.remaining));
            const std::string what =
                names.reset + ", remaining " + (one.remaining ? one.remaining : "missing");
            EXPECT_EQ(hint(200, fields), one.on_200) << what;
            EXPECT_EQ(hint(429, fields), one.on_429) << what;
        }
    }
}

TEST(rate_limit_families, a_reset_that_is_missing_or_cannot_be_read_says_nothing) {
    for (const pair_of_fields& names : all_families()) {
        for (const int status : {200, 429}) {
            EXPECT_EQ(hint(status, {{names.remaining, "0"}}), std::nullopt) << names.remaining;
            for (const std::string& text : {names.malformed, std::string(), std::string("99x")}) {
                const headers fields{{names.remaining, "0"}, {names.reset, text}};
                EXPECT_EQ(hint(status, fields), std::nullopt) << names.reset << ": " << text;
            }
        }
    }
}

TEST(rate_limit_families, the_longest_of_several_rules) {
    const headers fields{{"x-ratelimit-remaining-requests", "0"},
                         {"x-ratelimit-reset-requests", "20ms"},
                         {"x-ratelimit-remaining-tokens", "0"},
                         {"x-ratelimit-reset-tokens", "6m0s"},
                         {"anthropic-ratelimit-requests-remaining", "0"},
                         {"anthropic-ratelimit-requests-reset", "2026-01-01T00:01:00Z"},
                         {"anthropic-ratelimit-tokens-remaining", "7"},
                         {"anthropic-ratelimit-tokens-reset", "2026-01-01T01:00:00Z"}};
    EXPECT_EQ(hint(200, fields), 6min);
}

TEST(rate_limit_families, a_number_is_from_now_or_epoch_in_seconds_or_milliseconds) {
    struct row {
        const char* reset;
        wait expected;
    };
    const std::vector<row> rows{
        {"0", 0s},
        {"86399", 86399s},
        {"86401", longest_hint},
        {"1000000000", longest_hint},        // the last that is seconds from now
        {"1000000001", 0s},                  // in 2001
        {"1767225600", 0s},                  // now
        {"1767225660", 60s},                 // epoch seconds
        {"999999999999", longest_hint},      // the last that is epoch seconds
        {"1000000000000", 0s},               // in 2001 again
        {"1767225599999", 0s},               // a millisecond ago
        {"1767225600250", 250ms},            // epoch milliseconds
        {"1767225600250.5", 251ms},          // rounded up
        {"1767225660000", 60s},              //
        {"1767325600000", longest_hint},     // more than a day ahead
        {"1767225660000000", longest_hint},  // microseconds are not known
        {"99999999999999999999999999", longest_hint},
    };
    for (const row& one : rows) {
        const headers fields{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", one.reset}};
        EXPECT_EQ(hint(200, fields), one.expected) << one.reset;
    }
}

TEST(rate_limit_families, a_length_of_time_as_go_writes_it) {
    struct row {
        const char* reset;
        wait expected;
    };
    const std::vector<row> rows{
        {"6m0s", 6min},
        {"1s", 1s},
        {"20ms", 20ms},
        {"0s", 0s},
        {"1h2m3.5s", 1h + 2min + 3500ms},
        {" 7.66s ", 7660ms},
        {".5s", 500ms},
        {"1.0000000001s", 1s + 1ns},
        {"0.0000001ms", 1ns},
        {"1m1ms", 60'001ms},
        {"23h59m59s999ms", 24h - 1ms},
        {"24h", longest_hint},
        {"1d1h", longest_hint},
        {"99999999999999999999999999h", longest_hint},
        {"99999999999999999999d99999999999999999999h99999999999999999999m99999999999999999999s",
         longest_hint},
        {"", std::nullopt},
        {"0", std::nullopt},
        {"s", std::nullopt},
        {"1", std::nullopt},
        {"-1s", std::nullopt},
        {"+1s", std::nullopt},
        {"1 s", std::nullopt},
        {"1S", std::nullopt},
        {"1.s", std::nullopt},
        {"1.2.3s", std::nullopt},
        {"1s1m", std::nullopt},
        {"1s1s", std::nullopt},
        {"1m2", std::nullopt},
        {"1y", std::nullopt},
        {"1sec", std::nullopt},
        {"1e3s", std::nullopt},
    };
    for (const row& one : rows) {
        const headers fields{{"x-ratelimit-remaining-tokens", "0"},
                             {"x-ratelimit-reset-tokens", one.reset}};
        EXPECT_EQ(hint(200, fields), one.expected) << one.reset;
    }
}

TEST(rate_limit_families, a_moment_is_capped_and_never_in_the_past) {
    struct row {
        const char* reset;
        wait expected;
    };
    const std::vector<row> rows{
        {"2026-01-01T00:00:00Z", 0s},           {"2025-12-31T23:59:59Z", 0s},
        {" 2026-01-01T00:00:00.25Z ", 250ms},   {"2026-01-01T02:00:00+02:00", 0s},
        {"2026-01-01T02:00:00+01:30", 30min},   {"2026-01-01T23:59:59Z", 24h - 1s},
        {"2026-01-02T00:00:01Z", longest_hint}, {"2200-12-31T23:59:59-23:59", longest_hint},
        {"1970-01-01T00:00:00+23:59", 0s},      {"2201-01-01T00:00:00Z", std::nullopt},
    };
    for (const row& one : rows) {
        const headers fields{{"anthropic-ratelimit-tokens-remaining", "0"},
                             {"anthropic-ratelimit-tokens-reset", one.reset}};
        EXPECT_EQ(hint(200, fields), one.expected) << one.reset;
    }
}

TEST(rate_limit_families, names_are_told_from_others) {
    struct row {
        const char* name;
        limit_field expected;
    };
    const std::vector<row> rows{
        {"Retry-After", limit_field::retry_after},
        {"ratelimit", limit_field::rate_limit},
        {"RateLimit-Policy", limit_field::ietf_draft},
        {"X-RateLimit-Limit", limit_field::x_rate_limit},
        {"x-rate-limit-reset", limit_field::x_rate_limit},
        {"ANTHROPIC-RATELIMIT-TOKENS-RESET", limit_field::anthropic},
        {"", limit_field::none},
        {"r", limit_field::none},
        {"ratelimits", limit_field::none},
        {"retry-afters", limit_field::none},
        {"x-ratelimit", limit_field::none},
        {"x-request-id", limit_field::none},
        {"anthropic-ratelimit", limit_field::none},
        {"anthropic-organization-id", limit_field::none},
        {"access-control-allow-origin", limit_field::none},
        {"accept-ranges", limit_field::none},
    };
    for (const row& one : rows)
        EXPECT_EQ(limit_field_of(one.name), one.expected) << one.name;
}

}  // namespace
}  // namespace symphony
