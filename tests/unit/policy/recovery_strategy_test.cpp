#include "symphony/policy/recovery_strategy.hpp"

#include "unit/policy/breaker_fixture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>

// How evenly a share is counted out, and strategies of the user's own.

namespace symphony {
namespace {

using namespace symphony::testing;

// Ten at a time; closes after a minute in which less than a third failed.
class minute_of_proof final : public recovery_strategy {
public:
    recovery_answer admit(const recovery_progress& seen) const noexcept override {
        return seen.in_flight < 10 ? recovery_answer::probe : recovery_answer::refuse;
    }
    recovery_verdict judge(const recovery_progress& seen, bool) const noexcept override {
        if (seen.failures * 3 > seen.successes + seen.failures) return recovery_verdict::open;
        return seen.now - seen.since >= 60s ? recovery_verdict::close : recovery_verdict::stay;
    }
};

// All may go, at once.
class open_door final : public recovery_strategy {
public:
    explicit open_door(recovery_answer answer) : answer_(answer) {}
    recovery_answer admit(const recovery_progress&) const noexcept override { return answer_; }
    recovery_verdict judge(const recovery_progress&, bool) const noexcept override {
        return recovery_verdict::stay;
    }

private:
    recovery_answer answer_;
};

struct recovery_test : breaker_test {
    circuit_breaker half_open_with(std::shared_ptr<const recovery_strategy> own) {
        options.recovery = recovery_kind::custom;
        options.custom_recovery = std::move(own);
        return make();
    }
};

TEST_F(recovery_test, a_share_is_never_more_than_a_call_away_from_what_it_says) {
    options.recovery = recovery_kind::gradual;
    options.success_threshold = 50;
    auto breaker = make();
    fail(breaker, start, 5);
    breaker.half_open(start);
    succeed(breaker, start);
    for (const double share : {0.1, 0.2, 0.4, 0.8}) {
        int asked = 0;
        int admitted = 0;
        while (breaker.inspect(start).admitted_share == share) {
            ++asked;
            auto got = breaker.try_acquire(start);
            admitted += got ? 1 : 0;
            EXPECT_LE(std::abs(admitted - asked * share), 1.0) << share << " of " << asked;
            if (got) got->success(start);
        }
        EXPECT_GE(asked, 49);
    }
    EXPECT_EQ(state(breaker, start), circuit_state::closed);
}

TEST_F(recovery_test, a_strategy_of_ones_own_decides) {
    auto breaker = half_open_with(std::make_shared<minute_of_proof>());
    fail(breaker, start, 5);
    instant now = start + 30s;
    std::deque<circuit_permit> out;
    for (int i = 0; i < 10; ++i)
        out.push_back(permit(breaker, now));
    EXPECT_FALSE(breaker.try_acquire(now).has_value());
    EXPECT_TRUE(breaker.look(now).has_value());
    for (auto& one : out)
        one.success(now);
    fail(breaker, now, 4);
    EXPECT_EQ(state(breaker, now), circuit_state::half_open) << "4 of 14";
    now += 60s;
    succeed(breaker, now);
    EXPECT_EQ(state(breaker, now), circuit_state::closed);
    EXPECT_EQ(told.back().reason, circuit_reason::recovered);
}

TEST_F(recovery_test, a_strategy_of_ones_own_opens_again) {
    auto breaker = half_open_with(std::make_shared<minute_of_proof>());
    fail(breaker, start, 5);
    const instant now = start + 30s;
    succeed(breaker, now);
    fail(breaker, now);
    EXPECT_EQ(state(breaker, now), circuit_state::open);
    EXPECT_EQ(breaker.look(now)->retry_after, 60s);
}

TEST_F(recovery_test, probes_of_a_strategy_of_ones_own_are_bounded_and_others_are_not) {
    for (const auto answer : {recovery_answer::probe, recovery_answer::admit}) {
        auto breaker = half_open_with(std::make_shared<open_door>(answer));
        fail(breaker, start, 5);
        breaker.half_open(start);
        std::deque<circuit_permit> out;
        std::uint32_t admitted = 0;
        for (int i = 0; i < 3000; ++i) {
            if (auto got = breaker.try_acquire(start)) {
                ++admitted;
                out.push_back(std::move(*got));
            }
        }
        EXPECT_EQ(admitted,
                  answer == recovery_answer::probe ? recovery_strategy::most_probes : 3000u);
    }
}

TEST_F(recovery_test, another_strategy_takes_over_in_half_open) {
    options.recovery = recovery_kind::gradual;
    auto breaker = make();
    fail(breaker, start, 5);
    breaker.half_open(start);
    succeed(breaker, start);
    EXPECT_EQ(breaker.inspect(start).admitted_share, 0.2);
    options.recovery = recovery_kind::immediate;
    breaker.reconfigure(options, start);
    EXPECT_EQ(breaker.inspect(start).admitted_share, std::nullopt);
    succeed(breaker, start);
    EXPECT_EQ(state(breaker, start), circuit_state::closed);
}

TEST_F(recovery_test, the_same_strategy_goes_on_where_it_was) {
    options.recovery = recovery_kind::gradual;
    auto breaker = make();
    fail(breaker, start, 5);
    breaker.half_open(start);
    succeed(breaker, start);
    options.failure_threshold = 7;
    breaker.reconfigure(options, start);
    EXPECT_EQ(breaker.inspect(start).admitted_share, 0.2);
}

TEST_F(recovery_test, a_breaker_keeps_its_strategy_alive) {
    auto own = std::make_shared<minute_of_proof>();
    const std::weak_ptr<minute_of_proof> watched = own;
    {
        auto breaker = half_open_with(std::move(own));
        options.custom_recovery.reset();
        EXPECT_FALSE(watched.expired());
        fail(breaker, start, 5);
        breaker.half_open(start);
        succeed(breaker, start);
        options.recovery = recovery_kind::immediate;
        breaker.reconfigure(options, start);
        EXPECT_TRUE(watched.expired()) << "until another takes its place";
    }
}

}  // namespace
}  // namespace symphony
