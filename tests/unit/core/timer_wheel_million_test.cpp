#include "symphony/core/random.hpp"
#include "symphony/core/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <utility>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;

constexpr instant start{1000s};

/// A million timers: starting and cancelling one touches its neighbours alone, and one that comes
/// due has gone down a level a few times, however many there are.
class many_timers : public ::testing::Test {
protected:
    static constexpr std::size_t count = 1'000'000;
    static constexpr duration ahead = 60s;

    struct counting : timer {
        counting() : timer([](timer& t) noexcept { ++static_cast<counting&>(t).fired; }) {}
        int fired = 0;
    };

    many_timers() {
        EXPECT_EQ(wheel.expire(start), 0u);
        for (counting& each : all)
            wheel.arm(each, start + duration(static_cast<duration::rep>(
                                        random.next() % std::uint64_t{ahead.count()})));
    }
    using neighbours = std::pair<timer_link*, timer_link*>;
    [[nodiscard]] std::vector<neighbours> places() const {
        std::vector<neighbours> of_all;
        for (const counting& each : all)
            of_all.emplace_back(each.before, each.after);
        return of_all;
    }
    [[nodiscard]] std::size_t touched_since(const std::vector<neighbours>& before) const {
        std::size_t touched = 0;
        for (std::size_t i = 0; i < count; ++i)
            touched += neighbours(all[i].before, all[i].after) == before[i] ? 0U : 1U;
        return touched;
    }

    fast_random random{7};
    std::vector<counting> all = std::vector<counting>(count);
    timer_wheel wheel;
};

TEST_F(many_timers, started_or_cancelled_touch_their_neighbours_alone) {
    const std::vector<neighbours> before = places();
    timer one([](timer&) noexcept {});
    for (const duration each : {duration(0), ahead / 2, ahead - 1ns, duration(1h)}) {
        wheel.arm(one, start + each);
        EXPECT_LE(touched_since(before), 1u);
        wheel.disarm(one);
        EXPECT_EQ(touched_since(before), 0u);
    }
    for (std::size_t i = 0; i < 5; ++i) {
        wheel.disarm(all[i * count / 5]);
        EXPECT_LE(touched_since(before), 3 * (i + 1)) << "itself and one on each side";
    }
}

TEST_F(many_timers, cancelled_in_any_order_leave_nothing) {
    timer last([](timer&) noexcept {});
    wheel.arm(last, start + 1h);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t left = count; left > 1; --left)
        std::swap(order[left - 1], order[random.next() % left]);
    for (const std::size_t each : order)
        wheel.disarm(all[each]);
    EXPECT_EQ(wheel.size(), 1u);
    EXPECT_EQ(wheel.next(), start + 1h);
    EXPECT_EQ(wheel.expire(start + 1h), 1u) << "none of those that were cancelled";
}

TEST_F(many_timers, all_fire_once_and_none_is_left_when_its_time_has_passed) {
    for (duration passed = 0s; passed <= ahead; passed += 500ms) {
        const std::size_t before = wheel.size();
        const std::size_t fired = wheel.expire(start + passed);
        EXPECT_EQ(wheel.size(), before - fired);
        EXPECT_GT(wheel.next().value_or(instant::max()), start + passed);
    }
    EXPECT_EQ(wheel.size(), 0u);
    for (const counting& each : all)
        ASSERT_EQ(each.fired, 1);
}

}  // namespace
}  // namespace symphony
