#include "symphony/testing/manual_clock.hpp"
#include "tool/engine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

// What a limiter remembers goes once its budget is full again, though nobody calls or asks.

namespace symphony::detail {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using symphony::testing::manual_clock;

constexpr std::uint64_t permits = 10'000;

tool_options limited(std::string name, std::string url, duration window) {
    endpoint_options api;
    api.url = std::move(url);
    api.rate_limit.emplace().limits = {{permits, window}};
    tool_options made;
    made.name = std::move(name);
    made.external_apis = {{"api", std::move(api)}};
    return made;
}

struct idle_limits : ::testing::Test {
    ~idle_limits() override {
        if (on) on->end();
    }
    void make(client_options options, duration trims_each) {
        on = engine::make(std::move(options), trims_each);
        ASSERT_TRUE(on->add(limited("idle", "http://127.0.0.1:1", 50ms)));
        gate = (*on->find("idle", "api"))->state().gate;
        unused = gate->memory();
        for (std::uint64_t i = 0; i < permits; ++i)
            (void)gate->try_acquire(on->time().now(), 1);
    }
    [[nodiscard]] bool holds_much() const { return gate->memory() > unused + 8 * permits / 2; }

    asio::io_context loop;
    std::shared_ptr<engine> on;
    std::shared_ptr<rate_gate> gate;
    std::size_t unused = 0;
};

TEST_F(idle_limits, are_freed_on_threads_of_the_clients_own) {
    make({.threads = 2}, 5ms);
    while (holds_much())
        std::this_thread::yield();
}

TEST_F(idle_limits, are_kept_while_they_count) {
    const auto time = std::make_shared<manual_clock>();
    make({.threads = 1, .time = time}, 1ms);
    ASSERT_TRUE(holds_much());
    for (int i = 0; i < 49; ++i) {
        time->advance(1ms);
        std::this_thread::yield();
        EXPECT_TRUE(holds_much());
    }
    while (holds_much()) {
        time->advance(1ms);
        std::this_thread::yield();
    }
}

TEST_F(idle_limits, are_freed_by_other_calls_on_a_users_executor) {
    const auto time = std::make_shared<manual_clock>();
    make({.executor = loop.get_executor(), .time = time}, 5ms);
    EXPECT_EQ(loop.run(), 0U) << "nothing waits for a timer";
    loop.restart();
    time->advance(1min);
    ASSERT_TRUE(holds_much());
    for (int i = 0; i < 256; ++i) {
        asio::co_spawn(
            loop,
            [this]() -> asio::awaitable<void> {
                request what;
                (void)co_await on->call("no such tool", "api", std::move(what));
            },
            asio::detached);
    }
    loop.run();
    EXPECT_FALSE(holds_much());
}

}  // namespace
}  // namespace symphony::detail
