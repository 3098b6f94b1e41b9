#include "call/rate_gate.hpp"
#include "symphony/testing/fake_transport.hpp"
#include "symphony/testing/fixed_random.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>

namespace symphony {
namespace {

using namespace std::chrono_literals;

// Timers driven by hand that note whether a prompt one was armed.
class watched_timers final : public timers {
public:
    explicit watched_timers(testing::manual_clock& time) : timers_(time) {}
    void arm(timer& t, instant at) override {
        prompt = prompt || t.prompt;
        timers_.arm(t, at);
    }
    void disarm(timer& t) noexcept override { timers_.disarm(t); }

    bool prompt = false;

private:
    testing::manual_timers timers_;
};

rate_limit_options evenly(std::uint64_t max, duration window) {
    rate_limit_options options;
    options.strategy = rate_strategy::leaky_bucket;
    options.limits = {{max, window}};
    return options;
}

struct rate_gate_prompt : ::testing::Test {
    // Two calls: one is admitted, the other waits.
    void wait_for(const rate_limit_options& options) {
        gate = rate_gate::make(options, here);
        ASSERT_TRUE(gate->try_acquire(time.now(), 1).decision.admitted());
        waiting = std::make_shared<queued_call>(gate, here);
        waiting->latest = time.now() + 1min;
        ASSERT_EQ(gate->enqueue(waiting, time.now()).decision.what, rate_decision::verdict::queued);
        loop.poll();
        loop.restart();
    }
    void TearDown() override {
        if (waiting) gate->withdraw(*waiting);
        waiting.reset();
        gate.reset();
        loop.restart();
        loop.poll();
    }

    boost::asio::io_context loop{1};
    testing::manual_clock time;
    watched_timers wakeups{time};
    testing::fake_transport transport{time, wakeups};
    testing::fixed_random random{1};
    shard here{loop.get_executor(), time, wakeups, transport, random};
    std::shared_ptr<rate_gate> gate;
    std::shared_ptr<queued_call> waiting;
};

TEST_F(rate_gate_prompt, wakes_promptly_for_a_close_and_even_spacing) {
    wait_for(evenly(1000, 1s));
    EXPECT_TRUE(wakeups.prompt);
}

TEST_F(rate_gate_prompt, looks_at_the_widest_spacing) {
    rate_limit_options options = evenly(1000, 1s);
    options.limits.push_back({60, 60s});
    wait_for(options);
    EXPECT_FALSE(wakeups.prompt);
}

TEST_F(rate_gate_prompt, sleeps_where_little_is_lost) {
    wait_for(evenly(100, 1s));
    EXPECT_FALSE(wakeups.prompt);
}

TEST_F(rate_gate_prompt, sleeps_where_it_could_not_sleep_at_all) {
    wait_for(evenly(2001, 1s));
    EXPECT_FALSE(wakeups.prompt);
}

TEST_F(rate_gate_prompt, sleeps_for_the_other_strategies) {
    rate_limit_options options = evenly(1, 1ms);
    options.strategy = rate_strategy::sliding_window;
    wait_for(options);
    EXPECT_FALSE(wakeups.prompt);
}

TEST_F(rate_gate_prompt, follows_new_limits) {
    wait_for(evenly(10, 1s));
    EXPECT_FALSE(wakeups.prompt);
    gate->reconfigure(evenly(1000, 1s), nullptr, time.now());
    loop.poll();
    EXPECT_TRUE(wakeups.prompt);
}

}  // namespace
}  // namespace symphony
