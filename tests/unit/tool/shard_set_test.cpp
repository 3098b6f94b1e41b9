#include "tool/shard_set.hpp"

#include "symphony/core/clock.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <sched.h>

namespace symphony::detail {
namespace {

// As `taskset` and cpusets do it; undone at the end.
struct one_core {
    one_core() {
        CPU_ZERO(&before);
        is_set = ::sched_getaffinity(0, sizeof before, &before) == 0;
        for (int core = 0; core < CPU_SETSIZE; ++core) {
            if (!CPU_ISSET(core, &before)) continue;
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(core, &one);
            is_set = is_set && ::sched_setaffinity(0, sizeof one, &one) == 0;
            return;
        }
    }
    ~one_core() { ::sched_setaffinity(0, sizeof before, &before); }
    one_core(const one_core&) = delete;
    one_core& operator=(const one_core&) = delete;
    cpu_set_t before{};
    bool is_set = false;
};

TEST(shard_set, has_a_thread_for_each_core_that_the_process_may_use) {
    const system_clock time;
    const one_core confined;
    ASSERT_TRUE(confined.is_set);
    const shard_set shards(0, std::nullopt, time);
    EXPECT_EQ(shards.executors().size(), 1U);
}

TEST(shard_set, has_as_many_threads_as_are_asked_for) {
    const system_clock time;
    const one_core confined;
    const shard_set shards(3, std::nullopt, time);
    EXPECT_EQ(shards.executors().size(), 3U);
}

}  // namespace
}  // namespace symphony::detail
