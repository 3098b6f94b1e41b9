#include "symphony/policy/rate_limiter.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace symphony {
namespace {

using namespace symphony::testing;
using verdict = rate_decision::verdict;

// A waiter that notes when it was called, and in what place.
struct caller : rate_waiter {
    explicit caller(int& order) : rate_waiter(&caller::granted), next_place(&order) {}
    static void granted(rate_waiter& w) noexcept {
        auto& self = static_cast<caller&>(w);
        self.place = (*self.next_place)++;
    }
    int* next_place;
    std::optional<int> place;
};

struct rate_limiter_queue : ::testing::Test {
    rate_limit_options options;
    int order = 0;
    std::vector<std::unique_ptr<caller>> callers;

    rate_limiter_queue() { options.limits = {{1, 1s, 0}}; }

    caller& add(std::uint8_t priority = 5, std::uint32_t cost = 1,
                instant latest = instant::max()) {
        callers.push_back(std::make_unique<caller>(order));
        callers.back()->priority = priority;
        callers.back()->cost = cost;
        callers.back()->latest = latest;
        return *callers.back();
    }
};

TEST_F(rate_limiter_queue, admits_at_once_while_nobody_waits) {
    rate_limiter limiter(options);
    caller& first = add();
    EXPECT_TRUE(limiter.acquire(start, first).admitted());
    EXPECT_EQ(first.granted_at, start);
    EXPECT_FALSE(first.place);
    EXPECT_EQ(limiter.next_poll(start), std::nullopt);
    EXPECT_EQ(limiter.poll(start), std::nullopt);
}

TEST_F(rate_limiter_queue, callers_wait_first_in_first_out) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    for (int i = 0; i < 4; ++i) {
        const rate_decision queued = limiter.acquire(start + i * 1ms, add());
        EXPECT_EQ(queued.what, verdict::queued);
        EXPECT_EQ(queued.retry_after, (i + 1) * 1s - i * 1ms);
    }
    EXPECT_EQ(limiter.queued(), 4u);
    EXPECT_EQ(limiter.next_poll(start), start + 1s);
    EXPECT_EQ(limiter.poll(start + 999ms), start + 1s);
    for (int i = 0; i < 4; ++i) {
        (void)limiter.poll(start + (i + 1) * 1s);
        EXPECT_EQ(callers[i]->place, i);
        EXPECT_EQ(callers[i]->granted_at, start + (i + 1) * 1s);
    }
    EXPECT_EQ(limiter.queued(), 0u);
    EXPECT_EQ(limiter.next_poll(start), std::nullopt);
}

TEST_F(rate_limiter_queue, a_newcomer_never_passes_the_head_whatever_the_timing) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    caller& head = add();
    (void)limiter.acquire(start, head);
    // The permit is free, but the poll is late.
    EXPECT_EQ(limiter.try_acquire(start + 5s).what, verdict::refused);
    caller& newcomer = add();
    EXPECT_EQ(limiter.acquire(start + 5s, newcomer).what, verdict::queued);
    caller& urgent = add(0);
    EXPECT_EQ(limiter.acquire(start + 5s, urgent).what, verdict::queued);
    (void)limiter.poll(start + 5s);
    EXPECT_FALSE(newcomer.place);
    EXPECT_EQ(urgent.place, 0);
    (void)limiter.poll(start + 6s);
    EXPECT_EQ(head.place, 1);
    limiter.cancel(newcomer, start + 6s);
}

TEST_F(rate_limiter_queue, priority_orders_classes_and_each_class_is_first_in_first_out) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    const std::uint8_t priorities[] = {5, 9, 0, 5, 0, 9, 200};
    for (const std::uint8_t priority : priorities)
        (void)limiter.acquire(start, add(priority));
    for (int i = 1; i <= 7; ++i)
        (void)limiter.poll(start + i * 1s);
    const int places[] = {2, 4, 0, 3, 1, 5, 6};
    for (int i = 0; i < 7; ++i)
        EXPECT_EQ(callers[i]->place, places[i]) << i;
}

TEST_F(rate_limiter_queue, the_estimate_counts_those_ahead_only) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    EXPECT_EQ(limiter.acquire(start, add(5)).retry_after, 1s);
    EXPECT_EQ(limiter.acquire(start, add(5)).retry_after, 2s);
    EXPECT_EQ(limiter.acquire(start, add(3)).retry_after, 1s);
    EXPECT_EQ(limiter.acquire(start, add(9)).retry_after, 4s);
    EXPECT_EQ(limiter.acquire(start, add(5)).retry_after, 4s);
    // A caller without a place in the queue comes after all of them.
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 6s);
    for (auto& c : callers)
        EXPECT_TRUE(limiter.cancel(*c, start));
}

TEST_F(rate_limiter_queue, a_full_queue_refuses_at_once_with_retry_after) {
    options.max_queue_size = 2;
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    (void)limiter.acquire(start, add());
    (void)limiter.acquire(start, add());
    const rate_decision full = limiter.acquire(start, add());
    EXPECT_EQ(full.what, verdict::full);
    EXPECT_EQ(full.retry_after, 3s);
    limiter.cancel(*callers[0], start);
    EXPECT_EQ(limiter.acquire(start, add()).what, verdict::queued);
    for (auto& c : callers)
        limiter.cancel(*c, start);
}

TEST_F(rate_limiter_queue, max_queue_size_0_never_waits) {
    options.max_queue_size = 0;
    rate_limiter limiter(options);
    EXPECT_TRUE(limiter.acquire(start, add()).admitted());
    const rate_decision refused = limiter.acquire(start, add());
    EXPECT_EQ(refused.what, verdict::refused);
    EXPECT_EQ(refused.retry_after, 1s);
}

TEST_F(rate_limiter_queue, a_wait_known_to_be_too_long_is_refused_at_once) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    (void)limiter.acquire(start, add());
    const rate_decision refused = limiter.acquire(start, add(5, 1, start + 2s - 1ns));
    EXPECT_EQ(refused.what, verdict::refused);
    EXPECT_EQ(refused.retry_after, 2s);
    EXPECT_EQ(limiter.acquire(start, add(5, 1, start + 2s)).what, verdict::queued);
    for (auto& c : callers)
        limiter.cancel(*c, start);
}

TEST_F(rate_limiter_queue, max_queue_time_bounds_the_wait) {
    options.max_queue_time = 1500ms;
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    caller& first = add();
    EXPECT_EQ(limiter.acquire(start, first).what, verdict::queued);
    EXPECT_EQ(first.latest, start + 1500ms);
    EXPECT_EQ(limiter.acquire(start, add()).what, verdict::refused);
    limiter.cancel(first, start);
}

TEST_F(rate_limiter_queue, a_cancelled_waiter_leaves_and_the_next_one_moves_up) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    for (int i = 0; i < 3; ++i)
        (void)limiter.acquire(start, add());
    EXPECT_TRUE(limiter.cancel(*callers[0], start));
    EXPECT_FALSE(limiter.cancel(*callers[0], start));
    (void)limiter.poll(start + 1s);
    EXPECT_FALSE(callers[0]->place);
    EXPECT_EQ(callers[1]->place, 0);
    EXPECT_TRUE(limiter.cancel(*callers[2], start));
}

TEST_F(rate_limiter_queue, a_refunded_permit_goes_to_the_next_one) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    (void)limiter.acquire(start + 1ms, add());
    limiter.refund(start, 1, start + 2ms);
    EXPECT_EQ(limiter.next_poll(start + 2ms), start + 2ms);
    (void)limiter.poll(start + 2ms);
    EXPECT_EQ(callers[0]->place, 0);
    EXPECT_FALSE(limiter.cancel(*callers[0], start + 2ms)) << "granted: to be refunded instead";
}

TEST_F(rate_limiter_queue, an_expired_waiter_is_never_granted_and_blocks_nobody) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    caller& expired = add(5, 1, start + 1s);
    caller& behind = add();
    (void)limiter.acquire(start, expired);
    (void)limiter.acquire(start, behind);
    (void)limiter.poll(start + 1s + 1ns);
    EXPECT_FALSE(expired.place);
    EXPECT_EQ(behind.place, 0);
    EXPECT_TRUE(limiter.cancel(expired, start + 3s)) << "it stays queued until its owner takes it";
}

TEST_F(rate_limiter_queue, a_waiter_that_a_pause_has_doomed_blocks_nobody) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    caller& doomed = add(5, 1, start + 2s);
    caller& behind = add();
    (void)limiter.acquire(start, doomed);
    (void)limiter.acquire(start, behind);
    limiter.pause(start + 10s, start);
    EXPECT_EQ(limiter.next_poll(start), start + 10s);
    EXPECT_EQ(limiter.try_acquire(start).retry_after, 11s);
    (void)limiter.poll(start + 10s);
    EXPECT_EQ(behind.place, 0);
    limiter.cancel(doomed, start + 10s);
}

TEST_F(rate_limiter_queue, a_costly_head_is_not_passed_by_a_cheap_newcomer) {
    options.limits = {{3, 1s, 0}};
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    EXPECT_EQ(limiter.acquire(start, add(5, 3)).what, verdict::queued);
    EXPECT_EQ(limiter.try_acquire(start + 1ms, 1).what, verdict::refused);
    EXPECT_EQ(limiter.acquire(start + 1ms, add()).retry_after, 2s - 1ms);
    (void)limiter.poll(start + 1s);
    (void)limiter.poll(start + 2s);
    EXPECT_EQ(callers[0]->place, 0);
    EXPECT_EQ(callers[1]->place, 1);
}

TEST_F(rate_limiter_queue, a_cost_that_can_never_be_granted_does_not_queue) {
    rate_limiter limiter(options);
    EXPECT_EQ(limiter.acquire(start, add(5, 2)).what, verdict::never);
}

TEST_F(rate_limiter_queue, one_poll_grants_all_that_are_due) {
    options.limits = {{3, 1s, 0}};
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start, 3);
    for (int i = 0; i < 5; ++i)
        (void)limiter.acquire(start, add());
    EXPECT_EQ(limiter.poll(start + 1s), start + 2s);
    EXPECT_EQ(order, 3);
    EXPECT_EQ(limiter.poll(start + 2s), std::nullopt);
    EXPECT_EQ(order, 5);
}

TEST_F(rate_limiter_queue, what_foretells_a_long_queue_counts_as_memory_while_there_is_one) {
    rate_limiter limiter(options);
    (void)limiter.try_acquire(start);
    const std::size_t before = limiter.memory();
    EXPECT_LE(before, 256u);
    for (int i = 0; i < 200; ++i)
        EXPECT_EQ(limiter.acquire(start, add()).what, verdict::queued);
    EXPECT_GE(limiter.memory(), before + 200 * sizeof(instant));
    for (const auto& waiting : callers)
        EXPECT_TRUE(limiter.cancel(*waiting, start));
    EXPECT_LE(limiter.memory(), before + 64) << "an empty queue";
    limiter.trim(start);
    EXPECT_EQ(limiter.memory(), before);
}

// The estimate is exact: played forward by hand, everybody goes when foretold.
TEST_F(rate_limiter_queue, everybody_goes_exactly_when_foretold) {
    const std::vector<std::vector<rate_level>> shapes = {
        {{3, 1s, 0}}, {{4, 1s, 0}, {7, 5s, 0}}, {{200'000, 1s, 0}, {5, 1s + 1ns, 0}}};
    for (const rate_strategy strategy : {rate_strategy::sliding_window, rate_strategy::token_bucket,
                                         rate_strategy::leaky_bucket}) {
        for (const auto& levels : shapes) {
            options.limits = levels;
            options.strategy = strategy;
            rate_limiter limiter(options);
            (void)limiter.try_acquire(start, 2);
            callers.clear();
            std::vector<instant> foretold;
            for (int i = 0; i < 40; ++i) {
                const instant now = start + i * 1ms;
                const rate_decision d =
                    limiter.acquire(now, add(5, 1 + static_cast<std::uint32_t>(i) % 3));
                foretold.push_back(now + d.retry_after);
            }
            while (const auto next = limiter.next_poll(start))
                (void)limiter.poll(*next);
            for (std::size_t i = 0; i < callers.size(); ++i) {
                ASSERT_EQ(callers[i]->granted_at, foretold[i]) << i;
            }
        }
    }
}

}  // namespace
}  // namespace symphony
