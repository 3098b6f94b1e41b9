#include "symphony/policy/bulkhead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

// No permit is lost, doubled or given above the limit, whoever meets whom.

namespace symphony {
namespace {

struct waiting : bulkhead_waiter {
    waiting()
        : bulkhead_waiter([](bulkhead_waiter& self) noexcept {
              static_cast<waiting&>(self).granted.store(true, std::memory_order_release);
          }) {}
    std::atomic<bool> granted{false};
};

constexpr int threads = 4;
constexpr int calls_each = 20'000;

class races : public ::testing::Test {
protected:
    void enter(std::uint32_t limit) {
        const int now = inside_.fetch_add(1) + 1;
        if (now > static_cast<int>(limit)) ++too_many_;
    }
    void leave() { inside_.fetch_sub(1); }

    // Takes a permit whichever way, now and then giving up while it waits.
    void call(bulkhead& slots, std::uint32_t limit, int number) {
        if (bulkhead_permit quick = slots.try_acquire(); quick.held()) {
            enter(limit);
            leave();
            return;
        }
        waiting own;
        own.priority = static_cast<std::uint8_t>(number % 10);
        switch (slots.acquire(own)) {
            case bulkhead::verdict::full:
                return;
            case bulkhead::verdict::queued:
                if (number % 3 == 0 && slots.cancel(own)) return;
                while (!own.granted.load(std::memory_order_acquire))
                    std::this_thread::yield();
                break;
            case bulkhead::verdict::admitted:
                break;
        }
        enter(limit);
        leave();
        own.permit.release();
    }

    std::atomic<int> inside_{0};
    std::atomic<int> too_many_{0};
};

TEST_F(races, everybody_who_waits_is_granted_and_none_too_many) {
    for (const std::uint32_t limit : {1u, 3u}) {
        bulkhead slots(limit, 2);
        std::vector<std::jthread> running;
        for (int t = 0; t < threads; ++t) {
            running.emplace_back([&, t] {
                for (int i = 0; i < calls_each; ++i)
                    call(slots, limit, i + t);
            });
        }
        running.clear();
        EXPECT_EQ(too_many_, 0);
        EXPECT_EQ(slots.in_flight(), 0u);
        EXPECT_EQ(slots.queued(), 0u);
        EXPECT_TRUE(slots.try_acquire().held());
    }
}

TEST_F(races, while_the_limit_changes) {
    constexpr std::uint32_t most = 3;
    bulkhead slots(1, 8);
    std::atomic<bool> over{false};
    std::jthread resizing([&] {
        for (std::uint32_t i = 0; !over; ++i)
            slots.resize(1 + i % most, 1 + i % 8);
    });
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            for (int i = 0; i < calls_each; ++i)
                call(slots, most, i + t);
        });
    }
    running.clear();
    over = true;
    resizing.join();
    EXPECT_EQ(too_many_, 0);
    EXPECT_EQ(slots.in_flight(), 0u);
    EXPECT_EQ(slots.queued(), 0u);
}

}  // namespace
}  // namespace symphony
