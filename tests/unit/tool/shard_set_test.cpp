#include "tool/shard_set.hpp"

#include "symphony/core/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <sched.h>

namespace symphony::detail {
namespace {

namespace asio = boost::asio;

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

TEST(shard_set, is_found_by_the_very_executor_it_runs_on) {
    const system_clock time;
    asio::io_context context;
    asio::io_context another;
    const auto in_turn = asio::make_strand(context);
    const shard_set plain(0, context.get_executor(), time);
    EXPECT_NE(plain.find(context.get_executor()), nullptr);
    EXPECT_EQ(plain.find(another.get_executor()), nullptr);
    EXPECT_EQ(plain.find(in_turn), nullptr) << "its handlers may run beside those of the shard";
    const shard_set strand(0, in_turn, time);
    EXPECT_NE(strand.find(in_turn), nullptr);
    EXPECT_EQ(strand.find(asio::make_strand(context)), nullptr);
    EXPECT_EQ(strand.find(context.get_executor()), nullptr);
    const shard_set own(2, std::nullopt, time);
    const auto executors = own.executors();
    EXPECT_EQ(own.find(executors[0])->index, 0U);
    EXPECT_EQ(own.find(executors[1])->index, 1U);
    EXPECT_EQ(own.find(context.get_executor()), nullptr);
}

}  // namespace
}  // namespace symphony::detail
