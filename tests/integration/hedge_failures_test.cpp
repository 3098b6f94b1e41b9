#include "call/call_job.hpp"
#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "symphony/testing/fail_count.hpp"
#include "symphony/testing/fixed_random.hpp"
#include "symphony/testing/local_server.hpp"
#include "unit/call/one_shard_site.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using testing::fail_count;

/// Calls of one endpoint over a real client, on the rig's loop.
class call_site_rig final : private call_testing::one_shard_site {
public:
    call_site_rig(const std::string& url, net::io_hook* hook, bool hedges)
        : one_shard_site(here_), rig(hook) {
        endpoint_options options;
        options.url = url;
        options.timeout = 20s;
        if (hedges) {
            options.hedge.emplace().after = 5ms;
        } else {
            options.middleware.error.retry.emplace().timing.base_delay = 1ms;
        }
        options.concurrency.emplace().max = 2;
        options.circuit_breaker.emplace().failure_threshold = 1000;
        options.rate_limit.emplace().limits = {{permits, 24h}};
        options.auth.emplace().token = secret("token");
        auto made = endpoint::make(options, endpoint_events("t", "e", nullptr));
        if (!made) throw std::invalid_argument(made.error().message);
        state.metrics = std::make_shared<endpoint_metrics>();
        state.budget = std::make_shared<retry_budget>();
        state.slots = std::make_shared<concurrency_gate>(*options.concurrency);
        state.gate = rate_gate::make(*options.rate_limit, here_);
        if (options.hedge) state.hedge = std::make_shared<hedge_timing>(*options.hedge);
        state.breaker = std::make_shared<breaker_cell>(*options.circuit_breaker, (*made)->events(),
                                                       state.metrics);
        (*made)->attach(state);
        on = *made;
    }

    ~call_site_rig() override { state.gate->close(); }
    call_site_rig(const call_site_rig&) = delete;
    call_site_rig& operator=(const call_site_rig&) = delete;

    [[nodiscard]] std::uint64_t permits_used() {
        return permits - state.gate->look(rig.time.now()).levels.at(0).remaining;
    }

    [[nodiscard]] result<response> call(request what) {
        std::optional<result<response>> outcome;
        asio::co_spawn(rig.loop, run_call(*this, make_recycled<call_job>(on, std::move(what))),
                       [&](const std::exception_ptr& fault, result<response> got) {
                           EXPECT_EQ(fault, nullptr);
                           outcome = std::move(got);
                       });
        if (!rig.run_until([&] { return outcome.has_value(); })) {
            return fail(error_kind::internal, "it never ended");
        }
        return std::move(*outcome);
    }

    static constexpr std::uint32_t permits = 1000;
    client_rig rig;
    endpoint_state state;
    std::shared_ptr<const endpoint> on;

private:
    testing::fixed_random random_{1};
    shard here_{rig.loop.get_executor(), rig.time, rig.wakeups, *rig.client, random_};
};

/// Answers the second request for a page at once, the first one after a while.
asio::awaitable<response> answer_the_second(std::map<std::string, int>& asked,
                                            net::server_request& received) {
    if (++asked[received.target] == 1) {
        asio::steady_timer pause(co_await asio::this_coro::executor, 200ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return testing::make_response(200, "content");
}

TEST(hedge_failures, every_operation_that_breaks_is_one_error_at_most_and_leaves_nothing_behind) {
    constexpr std::size_t most_operations = 200;
    std::map<std::string, int> asked;  // used on the server's thread only
    auto server = testing::local_server::with_coroutine(
        [&asked](net::server_request& received) { return answer_the_second(asked, received); });
    std::set<net::io_operation> tried;
    std::uint64_t won = 0;
    std::size_t number = 0;
    for (; number < most_operations; ++number) {
        SCOPED_TRACE("operation " + std::to_string(number));
        fail_count hook(number);
        call_site_rig site(server.url(), &hook, true);
        int errors = 0;
        for (const char* name : {"/a", "/b", "/c"}) {
            const request what(name + std::to_string(number));
            const result<response> got = site.call(what);
            if (got) {
                EXPECT_EQ(got->body, "content");
                continue;
            }
            ++errors;
            EXPECT_NE(got.error().kind, error_kind::internal) << got.error().message;
            EXPECT_NE(got.error().kind, error_kind::timeout);
        }
        EXPECT_LE(errors, hook.failed() ? 1 : 0);
        EXPECT_EQ(site.state.slots->look().in_flight, 0u);
        EXPECT_EQ(site.rig.client->look(*site.on->where()).busy, 0u);
        EXPECT_EQ(site.rig.client->look(*site.on->where()).waiting, 0u);
        // Each attempt took a permit; one that was not sent gave its own back, and only its own.
        const std::uint64_t attempts = site.state.metrics->total().attempts;
        EXPECT_LE(site.permits_used(), attempts);
        EXPECT_GE(site.permits_used() + (hook.failed() ? 1 : 0), attempts - 3);
        won += site.state.metrics->total().hedges_won;
        if (HasFailure() || !hook.failed()) break;
        tried.insert(*hook.failed());
    }
    EXPECT_LT(number, most_operations) << "the scenario never came to its end";
    EXPECT_GE(number, 10u);
    EXPECT_GT(won, number) << "most calls were answered by their second request";
    using enum net::io_operation;
    EXPECT_EQ(tried, (std::set{connect, write, read}));
}

TEST(retry_failures, every_operation_that_breaks_costs_a_retry_and_a_permit_at_most) {
    constexpr std::size_t most_operations = 100;
    auto server = testing::local_server([](const net::server_request& received) {
        const bool known = received.fields.get("authorization") == "Bearer token";
        return testing::make_response(known ? 200 : 401, "content");
    });
    std::set<net::io_operation> tried;
    std::uint64_t given_back = 0;
    std::size_t number = 0;
    for (; number < most_operations; ++number) {
        SCOPED_TRACE("operation " + std::to_string(number));
        fail_count hook(number);
        call_site_rig site(server.url(), &hook, false);
        for (int i = 0; i < 3; ++i) {
            const result<response> got = site.call(request("/"));
            ASSERT_TRUE(got) << got.error().message;
            EXPECT_EQ(got->status, 200);
        }
        const call_totals seen = site.state.metrics->total();
        EXPECT_LE(seen.attempts, hook.failed() ? 4U : 3U);
        EXPECT_EQ(seen.calls_ok, 3U);
        EXPECT_LE(site.permits_used(), seen.attempts);
        EXPECT_GE(site.permits_used(), 3U) << "answers are paid for";
        given_back += seen.attempts - site.permits_used();
        EXPECT_EQ(site.state.slots->look().in_flight, 0u);
        EXPECT_EQ(site.rig.client->look(*site.on->where()).busy, 0u);
        if (HasFailure() || !hook.failed()) break;
        tried.insert(*hook.failed());
    }
    EXPECT_LT(number, most_operations) << "the scenario never came to its end";
    EXPECT_GE(number, 4u);
    EXPECT_GT(given_back, 0U) << "what was never sent costs no permit";
    using enum net::io_operation;
    EXPECT_EQ(tried, (std::set{connect, write, read}));
}

}  // namespace
}  // namespace symphony::test_support
