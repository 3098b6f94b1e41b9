#include "telemetry/alert_pacer.hpp"

#include <gtest/gtest.h>

#include <random>

namespace symphony::detail {
namespace {

using namespace std::chrono_literals;

constexpr instant start{1000s};
constexpr duration interval = 60s;

alert_change change(bool open, instant at, std::string_view reason = "failure_share") {
    alert_change made;
    made.open = open;
    made.reason = reason;
    made.at = at;
    made.wall = wall_time(at.time_since_epoch());
    made.consecutive_failures = 5;
    made.window_total = 20;
    made.window_failures = 12;
    return made;
}

TEST(alert_pacer, sends_the_first_at_once) {
    alert_pacer pacer;
    EXPECT_EQ(pacer.due(interval), std::nullopt);
    EXPECT_EQ(pacer.take(start, interval), std::nullopt);
    EXPECT_FALSE(pacer.on_change(change(true, start), interval));
    EXPECT_LE(*pacer.due(interval), start);
    const auto notice = pacer.take(start, interval);
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->kind, alert_kind::opened);
    EXPECT_TRUE(notice->open);
    EXPECT_EQ(notice->reason, "failure_share");
    EXPECT_EQ(notice->consecutive_failures, 5u);
    EXPECT_EQ(notice->window_failures, 12u);
    EXPECT_EQ(pacer.take(start, interval), std::nullopt) << "once";
    EXPECT_EQ(pacer.due(interval), std::nullopt);
}

TEST(alert_pacer, tells_of_a_recovery_and_how_long_it_took) {
    alert_pacer pacer;
    (void)pacer.on_change(change(true, start), interval);
    (void)pacer.take(start, interval);
    EXPECT_FALSE(pacer.on_change(change(false, start + 61s, "recovered"), interval));
    const auto notice = pacer.take(start + 61s, interval);
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->kind, alert_kind::recovered);
    EXPECT_EQ(notice->down_for, 61s);
}

TEST(alert_pacer, a_reopening_from_half_open_is_no_news) {
    alert_pacer pacer;
    (void)pacer.on_change(change(true, start), interval);
    (void)pacer.take(start, interval);
    EXPECT_FALSE(pacer.on_change(change(true, start + 70s), interval));
    EXPECT_EQ(pacer.due(interval), std::nullopt);
}

TEST(alert_pacer, holds_back_what_comes_too_soon_and_sums_it_up) {
    alert_pacer pacer;
    (void)pacer.on_change(change(true, start), interval);
    (void)pacer.take(start, interval);
    EXPECT_TRUE(pacer.on_change(change(false, start + 10s, "recovered"), interval));
    EXPECT_TRUE(pacer.on_change(change(true, start + 20s), interval));
    EXPECT_TRUE(pacer.on_change(change(false, start + 30s, "manual"), interval));
    EXPECT_EQ(pacer.due(interval), start + 60s);
    EXPECT_EQ(pacer.take(start + 60s - 1ns, interval), std::nullopt);
    const auto notice = pacer.take(start + 60s, interval);
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->kind, alert_kind::summary);
    EXPECT_FALSE(notice->open);
    EXPECT_EQ(notice->reason, "manual");
    EXPECT_EQ(notice->opened, 1u);
    EXPECT_EQ(notice->recovered, 2u);
    EXPECT_EQ(notice->since, wall_time((start + 10s).time_since_epoch()));
    EXPECT_EQ(notice->at, wall_time((start + 30s).time_since_epoch()));
    EXPECT_EQ(notice->down_for, 10s);
}

TEST(alert_pacer, one_that_was_held_back_is_a_summary_too) {
    alert_pacer pacer;
    (void)pacer.on_change(change(true, start), interval);
    (void)pacer.take(start, interval);
    (void)pacer.on_change(change(false, start + 1s), interval);
    EXPECT_EQ(pacer.take(start + 2min, interval)->kind, alert_kind::summary);
}

TEST(alert_pacer, goes_by_the_order_of_the_states_not_of_the_threads) {
    alert_pacer pacer;
    alert_change opened = change(true, start);
    alert_change closed = change(false, start + 1s);
    opened.generation = 2;
    closed.generation = 3;
    (void)pacer.on_change(closed, interval);
    (void)pacer.on_change(opened, interval);
    EXPECT_EQ(pacer.due(interval), std::nullopt) << "it is closed, as everybody knows";
}

TEST(alert_pacer, a_circuit_that_was_open_already_recovers) {
    alert_pacer pacer;
    pacer.begin_open(start);
    EXPECT_EQ(pacer.due(interval), std::nullopt);
    (void)pacer.on_change(change(false, start + 5s), interval);
    const auto notice = pacer.take(start + 5s, interval);
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->kind, alert_kind::recovered);
    EXPECT_EQ(notice->down_for, 5s);
}

TEST(alert_pacer, may_be_asked_to_end_at_once) {
    alert_pacer pacer;
    (void)pacer.on_change(change(true, start), interval);
    (void)pacer.take(start, interval);
    (void)pacer.on_change(change(false, start + 1s), interval);
    EXPECT_EQ(pacer.take(start + 1s, interval), std::nullopt);
    EXPECT_TRUE(pacer.take(start + 1s, interval, true));
    EXPECT_EQ(pacer.take(start + 1s, interval, true), std::nullopt);
}

// Whatever happens: never two alerts within the interval, no change is lost from the counts, and
// when it is quiet the last thing told is how things are.
TEST(alert_pacer, keeps_its_promises_over_random_histories) {
    std::mt19937_64 random(7);
    for (int history = 0; history < 300; ++history) {
        alert_pacer pacer;
        instant now = start;
        std::optional<instant> last;
        bool open = false;
        bool told_open = false;
        unsigned changes = 0;
        unsigned told = 0;
        const auto take = [&] {
            const auto notice = pacer.take(now, interval);
            if (!notice) return;
            ASSERT_TRUE(!last || now - *last >= interval);
            last = now;
            told_open = notice->open;
            told += notice->opened + notice->recovered;
        };
        for (int step = 0; step < 200; ++step) {
            now += std::chrono::milliseconds(random() % 40'000);
            const bool next = random() % 2 == 0;
            changes += next != open ? 1 : 0;
            open = next;
            (void)pacer.on_change(change(open, now), interval);
            if (random() % 2 == 0) take();
        }
        now += interval;
        take();
        EXPECT_EQ(told_open, open);
        EXPECT_EQ(told, changes);
        EXPECT_EQ(pacer.due(interval), std::nullopt);
    }
}

}  // namespace
}  // namespace symphony::detail
