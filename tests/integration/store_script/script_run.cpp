#include "script_run.hpp"

#include "store/redis_rate_store.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace symphony::script_test {

namespace {

using verdict = rate_grant::verdict;

// Production scripts, with the time as their last argument and keys that outlive the test's time.
std::string with_time(std::string_view script) {
    std::string text(script);
    const auto replace = [&text](std::string_view what, std::string_view by) {
        const auto at = text.find(what);
        if (at == std::string::npos || text.find(what, at + 1) != std::string::npos)
            throw std::runtime_error("not exactly once in the script: " + std::string(what));
        text.replace(at, what.size(), by);
    };
    replace("redis.call('TIME')", "{0, ARGV[#ARGV]}");
    replace("'PEXPIRE', key, ttl", "'PEXPIRE', key, ttl + 1000000000");
    return text;
}

const detail::redis_script& script_for(rate_strategy strategy) {
    static const detail::redis_script windows(with_time(detail::rate_window_script()));
    static const detail::redis_script buckets(with_time(detail::rate_bucket_script()));
    return strategy == rate_strategy::sliding_window ? windows : buckets;
}

const char* name_of(rate_strategy s) {
    return s == rate_strategy::sliding_window ? "window"
           : s == rate_strategy::token_bucket ? "token"
                                              : "leaky";
}

rate_limit_options options_of(const limit& l) {
    rate_limit_options options;
    options.strategy = l.strategy;
    for (const budget_level& b : l.levels) {
        const bool burst = b.most != b.max;
        options.limits.push_back({static_cast<std::uint64_t>(b.max),
                                  std::chrono::microseconds(b.window),
                                  burst ? static_cast<std::uint64_t>(b.most) : 0});
    }
    return options;
}

instant as_instant(micros t) {
    return instant(std::chrono::microseconds(t));
}

}  // namespace

void load_scripts(test_support::script_redis& server) {
    for (const auto s : {rate_strategy::sliding_window, rate_strategy::token_bucket}) {
        const auto reply = server.command({"SCRIPT", "LOAD", script_for(s).source});
        ASSERT_EQ(reply.text, script_for(s).sha1);
    }
}

script_run::script_run(test_support::script_redis* server, std::uint64_t seed, scope what,
                       rate_strategy strategy)
    : server_(server), seed_(seed), roll_(seed), scope_(what), budget_(strategy) {
    for (int i = 0; i < (what == scope::wild ? 3 : 1); ++i) {
        const bool other = i > 0 && roll_.one_in(2);
        limits_.push_back(random_limit(other ? static_cast<rate_strategy>(roll_(0, 2)) : strategy));
    }
    now_used_ = limits_.front();
    bucket_.spaced = strategy == rate_strategy::leaky_bucket;
    bucket_.filled.resize(now_used_.levels.size());
    if (what == scope::local) policy_.emplace(options_of(now_used_));
    reads_value_ = roll_.one_in(4);
}

std::int64_t script_run::random_max(std::int64_t family) {
    if (scope_ == scope::busy && roll_.one_in(2)) return roll_(500, 2000);
    if (family == 0 || scope_ == scope::busy) return roll_(100'001, 1'000'000'000);
    if (family == 1 && roll_.one_in(2)) return roll_(100'001, 300'000);
    return roll_(1, family < 7 ? 12 : family < 9 ? 90 : 700);
}

limit script_run::random_limit(rate_strategy strategy) {
    limit l{strategy, {}};
    const std::int64_t family = roll_(0, 9);
    for (std::int64_t levels = roll_(1, 3); levels > 0; --levels) {
        budget_level b;
        b.max = random_max(family);
        b.window = family == 2 ? roll_(1000, 2'678'400'000'000) : roll_(1000, 3'000'000);
        const bool slots = b.max > detail::largest_logged;
        if (slots) b.window -= b.window % 1000;
        // The local policy counts in ns: it spaces alike only where a spacing is whole.
        const bool spaced = strategy == rate_strategy::leaky_bucket && scope_ == scope::local;
        if (spaced) b.window = b.max * std::min<micros>(b.window, 2'678'400'000'000 / b.max);
        if (spaced) b.window = std::max<micros>(b.window, b.max * (1000 / b.max + 1));
        b.most = b.max;
        if (strategy == rate_strategy::token_bucket && roll_.one_in(2)) b.most = roll_(1, 30);
        l.levels.push_back(b);
    }
    return l;
}

std::string script_run::where() const {
    std::string text = "seed " + std::to_string(seed_) + ", step " + std::to_string(told_.size());
    for (const budget_level& l : now_used_.levels)
        text += ", " + std::to_string(l.max) + " in " + std::to_string(l.window);
    return text;
}

void script_run::go(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i)
        step();
    compare();
    if (scope_ != scope::wild) {
        EXPECT_EQ(uses_.broken(now_used_.strategy, now_used_.levels), "") << where();
    }
}

void script_run::step() {
    move_time();
    if (scope_ == scope::wild && roll_.one_in(8))
        now_used_ = limits_[static_cast<std::size_t>(roll_(0, 2))];
    const std::int64_t kind = roll_(0, 39);
    if (kind == 0) {
        const micros length = roll_(0, now_used_.levels.front().window);
        budget_.step(now_used_.strategy, now_used_.levels, real_,
                     [&](memory_budget& b) { return b.pause(length); });
        window_.paused = bucket_.paused = std::max(window_.paused, real_ + length);
        if (policy_) policy_->pause(as_instant(real_ + length), as_instant(real_));
        tell({"pause", name_of(now_used_.strategy), std::to_string(length), "", "", "", ""}, {1},
             true);
    } else if (kind < 4) {
        look();
    } else if (kind < 12 && !grants_.empty() && (scope_ != scope::local || newest_stands_)) {
        give();
    } else {
        claim();
    }
}

void script_run::move_time() {
    const auto last = static_cast<std::int64_t>(now_used_.levels.size()) - 1;
    const budget_level& l = now_used_.levels[static_cast<std::size_t>(roll_(0, last))];
    const std::int64_t kind = roll_(0, 9);
    if (kind == 0 && (scope_ != scope::busy || roll_.one_in(200))) {
        real_ += l.window * roll_(1, 3);
    } else if (kind == 1 && scope_ == scope::wild) {
        real_ -= roll_(0, 3 * l.window);
    } else if (kind > 3) {
        const std::int64_t dense = scope_ == scope::busy ? 1000 : 20;
        real_ += roll_(0, l.window / std::min<std::int64_t>(l.max, dense));
    }
}

void script_run::claim() {
    const auto& levels = now_used_.levels;
    const std::int64_t most = std::ranges::min(levels, {}, &budget_level::most).most;
    memory_budget::question q;
    const std::int64_t dense = scope_ == scope::busy ? 1000 : 100;
    const std::int64_t kind = scope_ == scope::busy ? roll_(1, 12) : roll_(0, 19);
    q.cost = kind == 0 ? 0 : kind < 12 ? std::max<std::int64_t>(most / dense, 1) : roll_(1, most);
    if (kind == 19) q.cost = most + roll_(0, 1);
    if (scope_ != scope::local) {
        const micros window = levels.front().window;
        if (roll_.one_in(3)) q.want = q.cost + roll_(0, most);
        if (roll_.one_in(2)) q.hold = roll_(0, window / 10);
        if (roll_.one_in(2)) q.patience = roll_(0, 3 * window);
    }
    const auto a = budget_.step(now_used_.strategy, levels, real_,
                                [&](memory_budget& b) { return b.claim(q); });
    if (scope_ == scope::local) hold_against_policy(q, a);
    if (scope_ == scope::local || scope_ == scope::whole) hold_against_models(q, a);
    const bool changes = a.what == verdict::admitted || a.what == verdict::reserved;
    if (changes && a.permits > 0) {
        grants_.push_back({a.ticket, a.permits, real_ + a.wait, a.below});
        newest_stands_ = true;
        if (scope_ != scope::wild) use(q, a);
    }
    tell({"claim", name_of(now_used_.strategy), std::to_string(q.cost), std::to_string(q.want),
          std::to_string(q.hold), std::to_string(q.patience), ""},
         {static_cast<std::int64_t>(a.what), a.level, a.permits, a.wait, a.ticket, 0, a.paused,
          a.below},
         (changes && q.cost > 0) || scope_ == scope::wild);
}

void script_run::hold_against_models(const memory_budget::question& q,
                                     const memory_budget::answer& a) {
    if (a.what == verdict::never) return;
    const bool windows = now_used_.strategy == rate_strategy::sliding_window;
    const std::int64_t cost = std::max<std::int64_t>(q.cost, 1);
    const auto start_of = [&](std::int64_t n) {
        return windows ? window_.start(now_used_.levels, real_, n)
                       : bucket_.start(now_used_.levels, real_, n);
    };
    const micros wait = start_of(cost) - real_;
    if (!exact_ && a.wait > wait) {  // against the caller, never for it
        if (a.permits > 0) window_.charge(real_ + a.wait + q.hold, a.permits);
        return;
    }
    EXPECT_EQ(a.wait, wait) << where();
    const auto expected = wait == 0                          ? verdict::admitted
                          : q.cost > 0 && wait <= q.patience ? verdict::reserved
                                                             : verdict::refused;
    EXPECT_EQ(static_cast<int>(a.what), static_cast<int>(expected)) << where();
    if (a.permits == 0) return;
    const std::int64_t most = std::ranges::min(now_used_.levels, {}, &budget_level::most).most;
    const bool more = q.want > q.cost && wait == 0 && !bucket_.spaced;
    EXPECT_GE(a.permits, q.cost) << where();
    if (exact_ && more && a.permits < std::min(q.want, most)) {
        EXPECT_GT(start_of(a.permits + 1), real_) << where();
    }
    if (a.permits > q.cost) {
        EXPECT_TRUE(more && a.permits <= q.want && start_of(a.permits) == real_) << where();
    }
    window_.charge(real_ + wait + q.hold, a.permits);
    bucket_.charge(now_used_.levels, real_ + wait + q.hold, a.permits);
    exact_ = exact_ && !(windows && log_forgets());
}

// Whether so much is reserved that the log cannot keep all that may be taken back.
bool script_run::log_forgets() const {
    std::int64_t cap = 0;
    micros longest = 0;
    for (const budget_level& l : now_used_.levels) {
        if (l.max > detail::largest_logged) continue;
        cap = std::max(cap, l.max);
        longest = std::max(longest, l.window);
    }
    std::int64_t live = 0;
    for (const auto& c : window_.all)
        live += c.at > real_ - longest ? c.permits : 0;
    return cap > 0 && live > cap + detail::charge_log::spare;
}

void script_run::hold_against_policy(const memory_budget::question& q,
                                     const memory_budget::answer& a) {
    const auto d = policy_->try_acquire(as_instant(real_), static_cast<std::uint32_t>(q.cost));
    const auto expected = d.what == rate_decision::verdict::admitted  ? verdict::admitted
                          : d.what == rate_decision::verdict::refused ? verdict::refused
                                                                      : verdict::never;
    EXPECT_EQ(static_cast<int>(a.what), static_cast<int>(expected)) << where();
    EXPECT_EQ(a.wait, std::chrono::ceil<std::chrono::microseconds>(d.retry_after).count())
        << where();
    // Which of two levels binds may rest on nanoseconds.
    const bool whole = now_used_.strategy == rate_strategy::sliding_window;
    if (expected != verdict::admitted && whole && real_ + a.wait > window_.paused) {
        EXPECT_EQ(a.level, d.level) << where();
    }
}

// Permits are used at any time from their moment to the end of the lease; spaced ones together.
void script_run::use(const memory_budget::question& q, const memory_budget::answer& a) {
    const micros start = real_ + a.wait;
    const bool one = now_used_.strategy == rate_strategy::leaky_bucket || a.permits > 30;
    for (std::int64_t left = a.permits; left > 0;) {
        const std::int64_t n = one ? left : 1;
        uses_.all.push_back({start + roll_(0, q.hold), n});
        left -= n;
    }
}

void script_run::give() {
    const auto newest = static_cast<std::int64_t>(grants_.size()) - 1;
    const bool any = scope_ != scope::local && roll_.one_in(3);
    const std::int64_t which = any ? roll_(0, newest) : newest;
    newest_stands_ = false;  // the local policy takes back one, not one after the other
    const granted g = grants_[static_cast<std::size_t>(which)];
    // What was used is not given back: here all uses of a claim that is given back never happened.
    const bool part = roll_.one_in(3) && !(policy_ && bucket_.spaced);
    const std::int64_t n = part ? roll_(1, g.permits) : g.permits;
    const std::int64_t below = n == g.permits ? g.below : 0;
    const std::int64_t gone =
        budget_.step(now_used_.strategy, now_used_.levels, real_,
                     [&](memory_budget& b) { return b.give(g.ticket, n, below); });
    if (scope_ != scope::wild && which == newest) {
        EXPECT_TRUE(gone == n || gone == 0) << where();
    }
    if (gone > 0 && scope_ != scope::wild) {
        window_.undo(n);
        bucket_.undo(now_used_.levels, n);
        for (std::int64_t left = n; left > 0;) {
            const std::int64_t taken = std::min(left, uses_.all.back().permits);
            left -= taken;
            if ((uses_.all.back().permits -= taken) == 0) uses_.all.pop_back();
        }
        if (policy_) {
            policy_->refund(as_instant(g.start), static_cast<std::uint32_t>(n), as_instant(real_));
        }
    }
    grants_.erase(grants_.begin() + which);
    tell({"give", name_of(now_used_.strategy), std::to_string(g.ticket), std::to_string(n),
          std::to_string(below), "", ""},
         {gone}, gone > 0);
}

void script_run::look() {
    const auto seen = budget_.step(now_used_.strategy, now_used_.levels, real_,
                                   [](memory_budget& b) { return b.look(); });
    std::vector<std::int64_t> expected;
    for (const auto& level : seen) {
        expected.push_back(level.remaining);
        expected.push_back(level.reset);
    }
    if (policy_) {
        const auto view = policy_->look(as_instant(real_));
        for (std::size_t i = 0; i < seen.size(); ++i) {
            const auto reset =
                std::chrono::ceil<std::chrono::microseconds>(view.levels[i].reset).count();
            EXPECT_EQ(static_cast<std::uint64_t>(seen[i].remaining), view.levels[i].remaining)
                << where();
            EXPECT_EQ(seen[i].reset, reset) << where();
        }
    }
    tell({"look", name_of(now_used_.strategy), "", "", "", "", ""}, expected, false);
}

void script_run::tell(std::vector<std::string> words, std::vector<std::int64_t> expected,
                      bool changes) {
    if (server_ == nullptr) return;
    const std::string key = "symphony:{" + std::to_string(seed_) + "}:";
    std::string what;
    for (const std::string& w : words)
        what += w + " ";
    words.insert(words.begin(),
                 {"EVALSHA", script_for(now_used_.strategy).sha1, "2", key + "rl", key + "who"});
    for (const budget_level& l : now_used_.levels) {
        words.push_back(std::to_string(l.max));
        words.push_back(std::to_string(l.window));
        words.push_back(std::to_string(l.most));
        what += std::to_string(l.max) + "/" + std::to_string(l.window) + " ";
    }
    words.push_back(std::to_string(real_));
    server_->append(std::vector<std::string_view>(words.begin(), words.end()));
    const std::array<std::string, 2> read{"GET", key + "rl"};
    if (reads_value_) server_->append(std::vector<std::string_view>(read.begin(), read.end()));
    told_.push_back({std::move(expected), changes, what + "at " + std::to_string(real_)});
}

void script_run::compare() {
    if (server_ == nullptr) return;
    const auto replies = server_->collect();
    std::string value;
    for (std::size_t i = 0; i < told_.size(); ++i) {
        const auto& reply = replies[reads_value_ ? 2 * i : i];
        std::vector<std::int64_t> numbers;
        for (const auto& item : reply.items)
            numbers.push_back(item.integer);
        if (reply.kind == detail::redis_reply::type::integer) numbers = {reply.integer};
        ASSERT_EQ(numbers, told_[i].expected)
            << reply.text << "\nseed " << seed_ << ", step " << i << ": " << told_[i].what;
        if (!reads_value_) continue;
        const std::string& after = replies[2 * i + 1].text;
        if (!told_[i].changes) {
            ASSERT_EQ(after, value) << "seed " << seed_ << ", step " << i << ": " << told_[i].what;
        }
        value = after;
    }
}

}  // namespace symphony::script_test
