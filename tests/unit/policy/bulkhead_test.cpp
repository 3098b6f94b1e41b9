#include "symphony/policy/bulkhead.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

namespace symphony {
namespace {

using verdict = bulkhead::verdict;

/// A waiter that writes down when it was granted, and keeps its permit.
struct noted : bulkhead_waiter {
    noted(std::vector<std::string>& to, std::string label, std::uint8_t rank = 5)
        : bulkhead_waiter([](bulkhead_waiter& self) noexcept {
              auto& own = static_cast<noted&>(self);
              EXPECT_TRUE(own.permit.held());
              EXPECT_FALSE(own.queued);
              own.log.push_back(own.name);
          }),
          log(to),
          name(std::move(label)) {
        priority = rank;
    }
    std::vector<std::string>& log;
    std::string name;
};

using names = std::vector<std::string>;

TEST(bulkhead, admits_so_many_at_a_time_and_no_more) {
    bulkhead slots(2);
    bulkhead_permit first = slots.try_acquire();
    const bulkhead_permit second = slots.try_acquire();
    EXPECT_TRUE(first.held() && second.held());
    EXPECT_EQ(slots.in_flight(), 2u);
    EXPECT_FALSE(slots.try_acquire().held());
    first.release();
    EXPECT_TRUE(slots.try_acquire().held());
    EXPECT_EQ(slots.in_flight(), 1u) << "that one was dropped";
}

TEST(bulkhead, a_permit_goes_back_once) {
    bulkhead slots(3);
    bulkhead_permit one = slots.try_acquire();
    bulkhead_permit moved = std::move(one);
    one.release();  // NOLINT(bugprone-use-after-move): empty, and that is the point
    EXPECT_EQ(slots.in_flight(), 1u);
    moved.release();
    moved.release();
    EXPECT_EQ(slots.in_flight(), 0u);
    moved = slots.try_acquire();
    moved = slots.try_acquire();
    EXPECT_EQ(slots.in_flight(), 1u) << "what an assignment replaces goes back";
}

TEST(bulkhead, a_limit_of_nothing_is_refused) {
    EXPECT_THROW(bulkhead(0), std::invalid_argument);
}

TEST(bulkhead, without_a_queue_nobody_waits) {
    bulkhead slots(1);
    names log;
    noted one(log, "one");
    noted two(log, "two");
    EXPECT_EQ(slots.acquire(one), verdict::admitted);
    EXPECT_TRUE(one.permit.held());
    EXPECT_EQ(slots.acquire(two), verdict::full);
    EXPECT_FALSE(two.permit.held());
    EXPECT_FALSE(slots.cancel(two));
}

TEST(bulkhead, those_who_wait_go_by_class_and_then_by_arrival) {
    bulkhead slots(1, 10);
    names log;
    bulkhead_permit held = slots.try_acquire();
    std::deque<noted> waiting;
    for (const auto& [name, rank] : {std::pair{"low", 9}, {"mid-1", 5}, {"mid-2", 5}, {"high", 0}})
        EXPECT_EQ(slots.acquire(waiting.emplace_back(log, name, rank)), verdict::queued);
    EXPECT_EQ(slots.queued(), 4u);
    held.release();
    for (int i = 0; i < 4; ++i) {
        for (noted& one : waiting)
            one.permit.release();
    }
    EXPECT_EQ(log, (names{"high", "mid-1", "mid-2", "low"}));
    EXPECT_EQ(slots.queued(), 0u);
    EXPECT_EQ(slots.in_flight(), 0u);
}

TEST(bulkhead, a_newcomer_never_passes_the_queue) {
    bulkhead slots(1, 1);
    names log;
    bulkhead_permit held = slots.try_acquire();
    noted waiting(log, "waiting");
    ASSERT_EQ(slots.acquire(waiting), verdict::queued);
    held.release();
    EXPECT_EQ(log, names{"waiting"}) << "the permit passed on, it was never free";
    EXPECT_FALSE(slots.try_acquire().held());
}

TEST(bulkhead, a_full_queue_refuses) {
    bulkhead slots(1, 2);
    names log;
    const bulkhead_permit held = slots.try_acquire();
    noted one(log, "one");
    noted two(log, "two");
    noted three(log, "three", 0);
    EXPECT_EQ(slots.acquire(one), verdict::queued);
    EXPECT_EQ(slots.acquire(two), verdict::queued);
    EXPECT_EQ(slots.acquire(three), verdict::full) << "whatever its class";
    EXPECT_TRUE(slots.cancel(one));
    EXPECT_EQ(slots.acquire(three), verdict::queued);
    slots.cancel(two);
    slots.cancel(three);
}

TEST(bulkhead, who_leaves_is_not_called_and_the_next_moves_up) {
    bulkhead slots(1, 5);
    names log;
    bulkhead_permit held = slots.try_acquire();
    noted one(log, "one");
    noted two(log, "two");
    (void)slots.acquire(one);
    (void)slots.acquire(two);
    EXPECT_TRUE(slots.cancel(one));
    EXPECT_FALSE(slots.cancel(one));
    held.release();
    EXPECT_EQ(log, names{"two"});
    EXPECT_FALSE(slots.cancel(two)) << "granted";
}

TEST(bulkhead, when_the_last_waiter_left_permits_are_free_again) {
    bulkhead slots(1, 5);
    names log;
    bulkhead_permit held = slots.try_acquire();
    noted one(log, "one");
    (void)slots.acquire(one);
    slots.cancel(one);
    held.release();
    EXPECT_TRUE(slots.try_acquire().held());
}

TEST(bulkhead, a_higher_limit_takes_effect_at_once) {
    bulkhead slots(1, 5);
    names log;
    const bulkhead_permit held = slots.try_acquire();
    std::deque<noted> waiting;
    for (const char* name : {"one", "two", "three"})
        (void)slots.acquire(waiting.emplace_back(log, name));
    slots.resize(3);
    EXPECT_EQ(log, (names{"one", "two"}));
    EXPECT_EQ(slots.in_flight(), 3u);
    EXPECT_EQ(slots.queued(), 1u);
    slots.cancel(waiting[2]);
}

TEST(bulkhead, under_a_lower_limit_those_in_flight_stay) {
    bulkhead slots(3, 5);
    names log;
    std::vector<bulkhead_permit> held;
    for (int i = 0; i < 3; ++i)
        held.push_back(slots.try_acquire());
    noted waiting(log, "waiting");
    (void)slots.acquire(waiting);
    slots.resize(1, 0);
    EXPECT_EQ(slots.in_flight(), 3u);
    EXPECT_EQ(slots.queued(), 1u) << "who waits already, waits on";
    noted late(log, "late");
    EXPECT_EQ(slots.acquire(late), verdict::full);
    held.pop_back();
    held.pop_back();
    EXPECT_EQ(log, names{});
    held.pop_back();
    EXPECT_EQ(log, names{"waiting"});
}

TEST(bulkhead, whoever_is_granted_may_go_on_from_there) {
    // Each gives its permit back inside the callback: the whole queue drains through one release.
    struct relay : bulkhead_waiter {
        explicit relay(int& to)
            : bulkhead_waiter([](bulkhead_waiter& self) noexcept {
                  ++static_cast<relay&>(self).count;
                  self.permit.release();
              }),
              count(to) {}
        int& count;
    };
    bulkhead slots(1, 100);
    int granted = 0;
    bulkhead_permit held = slots.try_acquire();
    std::deque<relay> waiting;
    for (int i = 0; i < 100; ++i)
        (void)slots.acquire(waiting.emplace_back(granted));
    held.release();
    EXPECT_EQ(granted, 100);
    EXPECT_EQ(slots.in_flight(), 0u);
}

TEST(bulkhead, an_idle_one_is_small) {
    EXPECT_LE(bulkhead(1'000'000, 1'000'000).memory(), 512u);
}

}  // namespace
}  // namespace symphony
