// Instances before one Redis: what one of them learns, and what goes back.
#include "support/redis_server.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/store/redis_rate_store.hpp"
#include "unit/call/call_rig.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using call_testing::answer;
using call_testing::hand_transport;

/// A loop for all instances of a test, in real time.
struct town {
    system_clock time;
    asio::io_context loop{1};
    net::asio_timers wakeups{loop.get_executor(), time};
    redis_server server;

    /// Runs the loop until `done`; false when that does not come within 20 s.
    [[nodiscard]] bool run_until(const std::function<bool()>& done) {
        const instant end = time.now() + 20s;
        while (!done()) {
            if (time.now() > end) return false;
            loop.restart();
            loop.run_one_for(20ms);
        }
        return true;
    }
};

/// One process: its endpoint and its connection to Redis.
class instance final : private call_testing::one_shard_site {
public:
    instance(town& in, const rate_limit_options& limit)
        : one_shard_site(here_), in_(in), transport(executor()) {
        options.url = "http://api.test";
        options.timeout = 60s;
        options.rate_limit = limit;
        options.rate_sharing.emplace().lease = false;
        auto made = endpoint::make(options, endpoint_events("t", "e", nullptr));
        if (!made) throw std::invalid_argument(made.error().message);
        redis_options where;
        where.server.port = in.server.port();
        where.command_timeout = 2s;
        auto store = make_redis_rate_store(where, executor(), in.time, in.wakeups, chance_);
        if (!store) throw std::runtime_error(store.error().message);
        state_.metrics = std::make_shared<endpoint_metrics>();
        state_.budget = std::make_shared<retry_budget>();
        state_.gate = rate_gate::make(
            limit, here_,
            rate_sharing{*options.rate_sharing, "k", std::move(*store), (*made)->events()});
        (*made)->attach(state_);
        on_ = *made;
        transport.on_send = [this](const auto&) -> result<response> {
            sent.push_back(in_.time.now());
            return answer(200);
        };
    }
    ~instance() override {
        state_.gate->close();
        state_.gate->drop_store();
        in_.loop.restart();
        in_.loop.poll();
    }
    instance(const instance&) = delete;
    instance& operator=(const instance&) = delete;

    using call = std::shared_ptr<std::optional<result<response>>>;
    call start(request what = {}) {
        auto outcome = std::make_shared<std::optional<result<response>>>();
        asio::co_spawn(in_.loop, run_call(*this, make_recycled<call_job>(on_, std::move(what))),
                       [outcome](const std::exception_ptr& fault, result<response> got) {
                           EXPECT_EQ(fault, nullptr);
                           *outcome = std::move(got);
                       });
        return outcome;
    }
    [[nodiscard]] rate_gate& gate() { return *state_.gate; }
    void change(std::uint64_t max, duration window) {
        options.rate_limit->limits = {{max, window, 0}};
        gate().reconfigure(*options.rate_limit, &*options.rate_sharing, in_.time.now());
    }

private:
    [[nodiscard]] asio::any_io_executor executor() { return in_.loop.get_executor(); }
    town& in_;
    fast_random chance_{1};
    endpoint_state state_;
    std::shared_ptr<const endpoint> on_;

public:
    endpoint_options options;
    hand_transport transport;
    std::vector<instant> sent;

private:
    shard here_{executor(), in_.time, in_.wakeups, transport, chance_};
};

rate_limit_options limited(std::uint64_t max, duration window,
                           rate_strategy strategy = rate_strategy::sliding_window) {
    rate_limit_options made;
    made.strategy = strategy;
    made.limits = {{max, window, 0}};
    return made;
}

bool ended(const std::vector<instance::call>& calls) {
    return std::ranges::all_of(calls, [](const auto& one) { return one->has_value(); });
}

// Asked for and answered: a newcomer would wait longer than that.
bool is_promised(const town& in, instance& by, duration ahead) {
    return by.gate().outlook(in.time.now()).retry_after > ahead;
}

TEST(shared_budget, another_instance_waits_out_a_pause_from_its_next_answer_on) {
    town in;
    const rate_limit_options limit = limited(10, 500ms);
    instance told(in, limit);
    instance other(in, limit);
    told.transport.held = true;
    std::vector<instance::call> calls{told.start()};
    ASSERT_TRUE(in.run_until([&] { return told.transport.sent.size() == 1; }));
    for (int i = 0; i < 39; ++i)
        calls.push_back(other.start());
    ASSERT_TRUE(in.run_until([&] { return is_promised(in, other, 1600ms); }));
    told.transport.on_send = [](const auto&) -> result<response> {
        return answer(429, {{"retry-after", "2"}});
    };
    told.transport.release();
    ASSERT_TRUE(in.run_until([&] { return calls.front()->has_value(); }));
    const instant end = in.time.now() + 1990ms;  // of the pause, at the soonest
    request look;
    look.cost = 0;
    for (instance* const one : {&told, &other}) {  // the first is answered behind the pause
        if (one == &other) calls.push_back(other.start());
        const instance::call asked = one->start(look);
        ASSERT_TRUE(in.run_until([&] { return asked->has_value(); }));
    }
    const std::size_t before = other.sent.size();
    ASSERT_LT(before, 25u) << "or nothing was promised inside the pause";
    ASSERT_TRUE(in.run_until([&] { return ended(calls); }));
    ASSERT_EQ(other.sent.size(), 40u);
    EXPECT_GE(other.sent[before], end);
}

TEST(shared_budget, all_that_was_promised_inside_a_pause_is_back) {
    town in;
    instance one(in, limited(5, 2s));
    std::vector<instance::call> calls;
    for (int i = 0; i < 10; ++i)
        calls.push_back(one.start());
    ASSERT_TRUE(in.run_until([&] { return one.sent.size() == 5 && one.gate().queued() == 5; }));
    ASSERT_TRUE(in.run_until([&] { return is_promised(in, one, 3s); }));
    const instant end = in.time.now() + 2200ms;
    one.gate().pause(end, in.time.now());
    ASSERT_TRUE(in.run_until([&] { return ended(calls); }));
    EXPECT_GE(one.sent[5], end);
    EXPECT_LT(one.sent[9], end + 1s) << "four that had not gone back would count for 2 s more";
}

TEST(shared_budget, waiters_do_not_wait_out_the_promises_of_a_lower_limit) {
    for (const auto strategy : {rate_strategy::sliding_window, rate_strategy::token_bucket,
                                rate_strategy::leaky_bucket}) {
        SCOPED_TRACE(to_string(strategy));
        town in;
        instance one(in, limited(1, 1s, strategy));
        std::vector<instance::call> calls;
        for (int i = 0; i < 30; ++i)
            calls.push_back(one.start());
        ASSERT_TRUE(in.run_until([&] { return is_promised(in, one, 28s); }));
        const instant began = in.time.now();
        if (strategy == rate_strategy::leaky_bucket) {
            one.change(100, 1s);
        } else {
            one.change(40, 10s);  // not twice as many as were promised
        }
        ASSERT_TRUE(in.run_until([&] { return ended(calls); }));
        EXPECT_LT(in.time.now() - began, 3s) << "the last was promised 29 s";
        EXPECT_EQ(one.sent.size(), 30u);
        // What was promised is not charged beside what was used.
        const instance::call next = one.start();
        ASSERT_TRUE(in.run_until([&] { return next->has_value(); }));
        EXPECT_LT(in.time.now() - began, 4s);
    }
}

}  // namespace
}  // namespace symphony::test_support
