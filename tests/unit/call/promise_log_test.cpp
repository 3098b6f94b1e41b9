#include "call/promise_log.hpp"

#include "store/memory_budget.hpp"

#include <gtest/gtest.h>

#include <random>

namespace symphony {
namespace {

using namespace std::chrono_literals;

constexpr instant start = instant(std::chrono::hours(1000));

// The store itself, as of the moment that the log names: it admits.
void expect_true_for(rate_strategy strategy, unsigned seed) {
    std::minstd_rand random(seed);
    rate_limit_options limit;
    limit.strategy = strategy;
    limit.limits = {{1 + random() % 20, 1s, 0}, {20 + random() % 40, 5s, 0}};
    if (strategy == rate_strategy::token_bucket) limit.limits[0].burst = 1 + random() % 30;
    const auto levels = detail::budget_levels({"k", strategy, limit.levels()});
    detail::memory_budget store(strategy);
    promise_log log(limit);
    instant now = start;
    const auto claim = [&](detail::memory_budget& in, instant at, std::int64_t cost,
                           detail::micros patience) {
        const auto real = std::chrono::ceil<std::chrono::microseconds>(at.time_since_epoch());
        return in.step(strategy, levels, real.count(), [&](detail::memory_budget& one) {
            return one.claim({cost, 0, 0, patience});
        });
    };
    for (int i = 0; i < 400; ++i) {
        const auto answer = claim(store, now, 1, 3'000'000);
        rate_grant grant;
        grant.what = answer.what;
        grant.level = static_cast<std::uint8_t>(answer.level);
        grant.permits = static_cast<std::uint32_t>(answer.permits);
        grant.ticket = static_cast<std::uint64_t>(answer.ticket);
        const instant at = now + std::chrono::microseconds(answer.wait);
        if (grant.permits > 0) {
            log.note(now, grant, at, at);
        } else {
            log.note_refusal(at, 1);
        }
        detail::memory_budget then = store;
        const instant named = log.next(now, 1);
        ASSERT_EQ(claim(then, named, 1, 0).what, rate_grant::verdict::admitted)
            << "seed " << seed << " step " << i;
        now += 1us * (random() % 200'000);
    }
}

TEST(promise_log, names_a_moment_at_which_the_store_admits) {
    for (unsigned seed = 0; seed < 100 && !testing::Test::HasFailure(); ++seed) {
        expect_true_for(rate_strategy::sliding_window, seed);
        expect_true_for(rate_strategy::token_bucket, seed);
        expect_true_for(rate_strategy::leaky_bucket, seed);
    }
}

TEST(promise_log, takes_back_the_newest_only) {
    rate_limit_options limit;
    limit.limits = {{1, 1s, 0}};
    promise_log log(limit);
    rate_grant grant;
    grant.permits = 1;
    for (int i = 0; i < 3; ++i) {
        grant.ticket = static_cast<std::uint64_t>(i + 1);
        log.note(start, grant, start + 1s * i, start + 1s * i);
    }
    EXPECT_EQ(log.next(start, 1), start + 3s);
    log.take_back(2, 1);
    EXPECT_EQ(log.next(start, 1), start + 3s) << "another was fitted to it";
    log.take_back(3, 1);
    EXPECT_EQ(log.next(start, 1), start + 2s);
}

// Others use the budget too: of a level that made a claim wait, the rest is theirs.
TEST(promise_log, forgets_a_refusal_under_other_limits) {
    rate_limit_options limit;
    limit.limits = {{1, 1min, 0}};
    promise_log log(limit);
    log.note_refusal(start + 40s, 1);
    limit.limits = {{100, 1s, 0}};
    log.reconfigure(limit);
    EXPECT_EQ(log.next(start, 1), start);
}

TEST(promise_log, takes_the_stores_word_for_what_others_use) {
    rate_limit_options limit;
    limit.strategy = rate_strategy::token_bucket;
    limit.limits = {{10, 1s, 0}};
    promise_log log(limit);
    rate_grant grant;
    grant.what = rate_grant::verdict::reserved;
    grant.permits = 1;
    grant.ticket = 1;
    log.note(start, grant, start + 2s, start + 2s);
    EXPECT_EQ(log.next(start, 1), start + 2100ms);
    EXPECT_EQ(log.next(start, 3), start + 2300ms);
    log.note_refusal(start + 9s, 5);
    EXPECT_EQ(log.next(start, 3), start + 2300ms) << "that one was dearer";
    EXPECT_EQ(log.next(start, 5), start + 9s);
}

}  // namespace
}  // namespace symphony
