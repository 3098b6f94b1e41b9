#include "symphony/core/random.hpp"
#include "symphony/policy/rate_limiter.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

// The limiter beside the plain definition of each strategy, over random histories.

namespace symphony {
namespace {

using namespace symphony::testing;
__extension__ using wide = __int128;

struct dice {
    fast_random source;
    explicit dice(std::uint64_t seed) : source(seed) {}
    std::uint64_t operator()(std::uint64_t low, std::uint64_t high) {
        return low + source.next() % (high - low + 1);
    }
};

struct admission {
    instant at;
    std::uint64_t cost;
};

rate_limit_options random_limit(dice& roll, rate_strategy strategy) {
    rate_limit_options options;
    options.strategy = strategy;
    const std::uint64_t levels = roll(1, 3);
    for (std::uint64_t i = 0; i < levels; ++i) {
        rate_level level{roll(1, 40),
                         duration(static_cast<std::int64_t>(roll(1'000'000, 3'000'000'000))), 0};
        if (strategy == rate_strategy::token_bucket && roll(0, 1) == 1) level.burst = roll(1, 30);
        options.limits.push_back(level);
    }
    return options;
}

duration random_gap(dice& roll, const rate_limit_options& options) {
    const rate_level& level = options.limits[roll(0, options.limits.size() - 1)];
    switch (roll(0, 9)) {
        case 0:
            return level.window * static_cast<std::int64_t>(roll(1, 3));
        case 1:
        case 2:
        case 3:
            return 0ns;
        default:
            return duration(static_cast<std::int64_t>(
                roll(0, static_cast<std::uint64_t>(level.window.count()) / level.max)));
    }
}

// Sliding window, from its definition: the sum over (now - window, now] is at most max.
bool window_admits(const std::deque<admission>& used, const rate_limit_options& options,
                   instant now, std::uint64_t cost) {
    return std::ranges::all_of(options.limits, [&](const rate_level& level) {
        std::uint64_t sum = cost;
        for (const admission& a : used)
            sum += a.at > now - level.window ? a.cost : 0;
        return sum <= level.max;
    });
}

// Token bucket, from its definition: tokens in units of 1/window.
struct token_model {
    struct bucket {
        wide tokens;
        instant at;
    };
    std::vector<bucket> buckets;
    const rate_limit_options& options;

    explicit token_model(const rate_limit_options& o) : options(o) {
        for (const rate_level& l : o.limits)
            buckets.push_back({size(l), start});
    }
    static wide size(const rate_level& l) {
        return static_cast<wide>(l.burst > 0 ? l.burst : l.max) * l.window.count();
    }
    bool admits(instant now, std::uint64_t cost) {
        bool all = true;
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            const rate_level& l = options.limits[i];
            const wide refill = static_cast<wide>((now - buckets[i].at).count()) * l.max;
            buckets[i].tokens = std::min(size(l), buckets[i].tokens + refill);
            buckets[i].at = now;
            all &= buckets[i].tokens >= static_cast<wide>(cost) * l.window.count();
        }
        if (!all) return false;
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            buckets[i].tokens -= static_cast<wide>(cost) * options.limits[i].window.count();
        }
        return true;
    }
};

// Leaky bucket, from its definition, with the remainder carried from one to the next.
struct leaky_model {
    std::vector<wide> next;  // in 1/max ns
    const rate_limit_options& options;
    explicit leaky_model(const rate_limit_options& o) : next(o.limits.size(), 0), options(o) {}
    bool admits(instant now, std::uint64_t cost) {
        const wide ns = now.time_since_epoch().count();
        for (std::size_t i = 0; i < next.size(); ++i) {
            if (ns * options.limits[i].max < next[i]) return false;
        }
        for (std::size_t i = 0; i < next.size(); ++i) {
            const rate_level& l = options.limits[i];
            const wide at = ns * l.max;
            const wide base = at - next[i] < static_cast<wide>(l.max) ? next[i] : at;
            next[i] = base + static_cast<wide>(cost) * l.window.count();
        }
        return true;
    }
};

std::uint64_t most(const rate_limit_options& options) {
    std::uint64_t least = ~0ULL;
    for (const rate_level& l : options.limits)
        least = std::min(least, l.burst ? l.burst : l.max);
    return least;
}

// Some long histories, and after them 10^5 of a few steps, each with limits of its own.
constexpr int short_histories = 100'000;

constexpr int steps_of(int history, int long_ones, int steps) {
    return history < long_ones ? steps : 12;
}

TEST(rate_limiter_property, sliding_window_decides_as_its_definition_refunds_included) {
    dice roll(1);
    for (int history = 0; history < 250 + short_histories; ++history) {
        const rate_limit_options options = random_limit(roll, rate_strategy::sliding_window);
        rate_limiter limiter(options);
        std::deque<admission> used;
        instant now = start;
        for (int step = 0; step < steps_of(history, 250, 500); ++step) {
            now += random_gap(roll, options);
            const std::uint64_t cost = roll(1, std::max<std::uint64_t>(most(options) / 3, 1));
            const bool expected = window_admits(used, options, now, cost);
            const auto decision = limiter.try_acquire(now, static_cast<std::uint32_t>(cost));
            ASSERT_EQ(decision.admitted(), expected) << history << "/" << step;
            if (expected) {
                used.push_back({now, cost});
            } else {
                const instant then = now + decision.retry_after;
                ASSERT_TRUE(window_admits(used, options, then, cost));
                ASSERT_FALSE(window_admits(used, options, then - 1ns, cost));
            }
            if (!used.empty() && roll(0, 9) == 0) {
                const auto victim =
                    used.begin() + static_cast<std::ptrdiff_t>(roll(0, used.size() - 1));
                limiter.refund(victim->at, static_cast<std::uint32_t>(victim->cost), now);
                used.erase(victim);
            }
            while (!used.empty() && used.front().at < now - 4s)
                used.pop_front();
        }
    }
}

// Other maxima for the same windows, at the moment of a change.
void change_limits(dice& roll, rate_limit_options& options) {
    for (rate_level& level : options.limits) {
        level.max = (level.max - 1 + roll(1, 39)) % 40 + 1;
        if (level.burst > 0) level.burst = roll(1, 30);
    }
}

TEST(rate_limiter_property, sliding_window_decides_as_its_definition_changes_included) {
    dice roll(6);
    for (int history = 0; history < 250 + short_histories; ++history) {
        rate_limit_options options = random_limit(roll, rate_strategy::sliding_window);
        rate_limiter limiter(options);
        std::deque<admission> used;
        instant now = start;
        for (int step = 0; step < steps_of(history, 250, 500); ++step) {
            now += random_gap(roll, options);
            if (roll(0, 19) == 0) {
                change_limits(roll, options);
                limiter.reconfigure(options, now);
            }
            const std::uint64_t cost = roll(1, std::max<std::uint64_t>(most(options) / 3, 1));
            const bool expected = window_admits(used, options, now, cost);
            const auto decision = limiter.try_acquire(now, static_cast<std::uint32_t>(cost));
            ASSERT_EQ(decision.admitted(), expected) << history << "/" << step;
            if (expected) used.push_back({now, cost});
            if (!used.empty() && roll(0, 4) == 0) {
                const auto victim =
                    used.begin() + static_cast<std::ptrdiff_t>(roll(0, used.size() - 1));
                limiter.refund(victim->at, static_cast<std::uint32_t>(victim->cost), now);
                used.erase(victim);
            }
            while (!used.empty() && used.front().at < now - 4s)
                used.pop_front();
        }
    }
}

// What was charged for admissions from before a change is no longer known one by one: beside a
// limiter that never hears of their refunds, one that does decides the same.
TEST(rate_limiter_property, a_bucket_takes_nothing_back_from_before_a_change) {
    dice roll(7);
    std::uint64_t refunded = 0;
    for (int history = 0; history < 300 + short_histories; ++history) {
        const auto strategy =
            roll(0, 1) == 0 ? rate_strategy::token_bucket : rate_strategy::leaky_bucket;
        rate_limit_options options = random_limit(roll, strategy);
        rate_limiter told(options);
        rate_limiter untold(options);
        std::deque<admission> before;
        std::deque<admission> since;
        instant now = start;
        for (int step = 0; step < steps_of(history, 300, 400); ++step) {
            now += random_gap(roll, options);
            if (roll(0, 19) == 0) {
                change_limits(roll, options);
                told.reconfigure(options, now);
                untold.reconfigure(options, now);
                before = std::exchange(since, {});
                now += 1ns;
            }
            const auto cost =
                static_cast<std::uint32_t>(roll(1, std::max<std::uint64_t>(most(options) / 3, 1)));
            const bool admitted = told.try_acquire(now, cost).admitted();
            ASSERT_EQ(untold.try_acquire(now, cost).admitted(), admitted) << history << "/" << step;
            if (admitted) since.push_back({now, cost});
            if (!before.empty() && roll(0, 2) == 0) {
                const admission& old = before.back();
                told.refund(old.at, static_cast<std::uint32_t>(old.cost), now);
                before.pop_back();
                ++refunded;
            } else if (!since.empty() && roll(0, 4) == 0) {
                const admission& last = since.back();
                told.refund(last.at, static_cast<std::uint32_t>(last.cost), now);
                untold.refund(last.at, static_cast<std::uint32_t>(last.cost), now);
                since.pop_back();
            }
        }
    }
    EXPECT_GT(refunded, 10'000u);
}

TEST(rate_limiter_property, token_bucket_decides_as_its_definition) {
    dice roll(2);
    for (int history = 0; history < 250 + short_histories; ++history) {
        const rate_limit_options options = random_limit(roll, rate_strategy::token_bucket);
        rate_limiter limiter(options);
        token_model model(options);
        instant now = start;
        for (int step = 0; step < steps_of(history, 250, 500); ++step) {
            now += random_gap(roll, options);
            const std::uint64_t cost = roll(1, std::max<std::uint64_t>(most(options) / 3, 1));
            const bool expected = model.admits(now, cost);
            const auto decision = limiter.try_acquire(now, static_cast<std::uint32_t>(cost));
            ASSERT_EQ(decision.admitted(), expected) << history << "/" << step;
            if (expected) continue;
            token_model early = model;
            token_model then = model;
            ASSERT_TRUE(then.admits(now + decision.retry_after, cost));
            ASSERT_FALSE(early.admits(now + decision.retry_after - 1ns, cost));
        }
    }
}

TEST(rate_limiter_property, leaky_bucket_decides_as_its_definition) {
    dice roll(3);
    for (int history = 0; history < 250 + short_histories; ++history) {
        const rate_limit_options options = random_limit(roll, rate_strategy::leaky_bucket);
        rate_limiter limiter(options);
        leaky_model model(options);
        instant now = start;
        for (int step = 0; step < steps_of(history, 250, 500); ++step) {
            now += random_gap(roll, options);
            const std::uint64_t cost = roll(1, std::max<std::uint64_t>(most(options) / 3, 1));
            const bool expected = model.admits(now, cost);
            const auto decision = limiter.try_acquire(now, static_cast<std::uint32_t>(cost));
            ASSERT_EQ(decision.admitted(), expected) << history << "/" << step;
        }
    }
}

// With refunds the exact value depends on history; the promise over every interval does not.
TEST(rate_limiter_property, token_bucket_keeps_its_bound_in_every_interval_refunds_included) {
    dice roll(4);
    std::uint64_t refunded = 0;
    for (int history = 0; history < 300 + short_histories; ++history) {
        const rate_limit_options options = random_limit(roll, rate_strategy::token_bucket);
        rate_limiter limiter(options);
        std::deque<admission> used;
        instant now = start;
        for (int step = 0; step < steps_of(history, 300, 400); ++step) {
            now += random_gap(roll, options);
            const std::uint64_t cost = roll(1, std::max<std::uint64_t>(most(options) / 3, 1));
            if (limiter.try_acquire(now, static_cast<std::uint32_t>(cost)).admitted()) {
                used.push_back({now, cost});
            }
            if (!used.empty() && roll(0, 4) == 0) {
                const std::uint64_t back = std::min<std::uint64_t>(roll(0, 6), used.size() - 1);
                const auto victim = used.end() - 1 - static_cast<std::ptrdiff_t>(back);
                limiter.refund(victim->at, static_cast<std::uint32_t>(victim->cost), now);
                used.erase(victim);
                ++refunded;
            }
        }
        for (const rate_level& l : options.limits) {
            const wide burst = static_cast<wide>(l.burst ? l.burst : l.max) * l.window.count();
            for (std::size_t from = 0; from < used.size(); ++from) {
                wide sum = 0;
                for (std::size_t to = from; to < used.size(); ++to) {
                    sum += static_cast<wide>(used[to].cost) * l.window.count();
                    const wide grown =
                        static_cast<wide>((used[to].at - used[from].at).count()) * l.max;
                    ASSERT_TRUE(sum <= burst + grown) << history;
                }
            }
        }
    }
    EXPECT_GT(refunded, 10'000u);
}

TEST(rate_limiter_property, large_windows_never_exceed_their_limit) {
    dice roll(5);
    for (int history = 0; history < 20; ++history) {
        const rate_level level{roll(100'001, 400'000),
                               duration(static_cast<std::int64_t>(roll(1'000'000, 50'000'000))), 0};
        rate_limit_options options;
        options.limits = {level};
        rate_limiter limiter(options);
        std::deque<admission> used;
        std::uint64_t inside = 0;
        std::size_t outside = 0;  // how many of `used` have left the window
        instant now = start;
        for (int step = 0; step < 10'000; ++step) {
            now += duration(static_cast<std::int64_t>(
                roll(0, static_cast<std::uint64_t>(level.window.count()) / 100)));
            const std::uint64_t cost = roll(1, level.max / 50);
            const auto decision = limiter.try_acquire(now, static_cast<std::uint32_t>(cost));
            if (decision.admitted()) {
                used.push_back({now, cost});
                inside += cost;
            }
            while (used[outside].at <= now - level.window)
                inside -= used[outside++].cost;
            ASSERT_LE(inside, level.max);
            while (!used.empty() && used.front().at <= now - level.window - level.window / 1000) {
                used.pop_front();
                --outside;
            }
            if (decision.admitted()) continue;
            // Rounded against the caller by no more than a slot's length.
            std::uint64_t counted = cost;
            for (const admission& a : used)
                counted += a.cost;
            ASSERT_GT(counted, level.max);
        }
    }
}

TEST(rate_limiter_property, no_drift_over_ten_million_operations) {
    for (const rate_strategy strategy :
         {rate_strategy::token_bucket, rate_strategy::leaky_bucket}) {
        const rate_level level{7, 1s + 3ns, 0};  // 1/7 s does not end in binary or decimal
        rate_limit_options options;
        options.limits = {level};
        options.strategy = strategy;
        rate_limiter limiter(options);
        constexpr std::int64_t operations = 10'000'000;
        instant now = start;
        for (std::int64_t i = 0; i < operations; ++i) {
            for (;;) {
                const rate_decision decision = limiter.try_acquire(now);
                if (decision.admitted()) break;
                now += decision.retry_after;
            }
        }
        const std::int64_t free = strategy == rate_strategy::token_bucket ? 7 : 1;
        const wide exact = static_cast<wide>(operations - free) * level.window.count();
        const wide taken = static_cast<wide>((now - start).count()) * 7;
        EXPECT_GE(taken, exact);
        EXPECT_LT(taken - exact, 7) << "less than a nanosecond in 16 days";
    }
}

}  // namespace
}  // namespace symphony
