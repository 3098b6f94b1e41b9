#include "integration/expect_error.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_client.hpp"
#include "symphony/testing/local_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr std::size_t calls = 6;

// Six calls share two connections; after so many turns of the loop something happens to the client.
class every_moment : public ::testing::Test {
protected:
    struct shard {
        asio::io_context loop{1};
        std::unique_ptr<system_clock> time = std::make_unique<system_clock>();
        std::unique_ptr<net::asio_timers> wakeups =
            std::make_unique<net::asio_timers>(loop.get_executor(), *time);
        std::unique_ptr<net::http_client> client =
            std::make_unique<net::http_client>(loop.get_executor(), *time, *wakeups);
        std::vector<std::optional<result<response>>> outcomes{calls};

        [[nodiscard]] bool all_ended() const {
            return std::ranges::all_of(outcomes, [](const auto& one) { return one.has_value(); });
        }
        // False when the calls have ended before that many turns.
        bool turn(std::size_t times) {
            for (std::size_t turn = 0; turn < times && !all_ended(); ++turn)
                loop.run_one_for(5s);
            return !all_ended();
        }
    };

    void start(shard& on) const {
        static const net::wire_request request{};
        const auto call = [](net::http_client& client, std::shared_ptr<const net::destination> to,
                             deadline until) -> asio::awaitable<result<response>> {
            net::send_options options;
            options.until = until;
            co_return co_await client.send(to, request, options);
        };
        const deadline until = deadline::after(on.time->now(), 1h);
        for (std::size_t number = 0; number < calls; ++number) {
            asio::co_spawn(
                on.loop, call(*on.client, where, until),
                [&to = on.outcomes[number]](const std::exception_ptr& fault, result<response> got) {
                    EXPECT_EQ(fault, nullptr);
                    to = std::move(got);
                });
        }
        on.turn(calls);  // each has called `send` by then
    }

    // Every call ends, with its answer or cancelled.
    static void expect_end(shard& on) {
        ASSERT_FALSE(on.turn(1000)) << "a call goes on for ever";
        for (const auto& outcome : on.outcomes) {
            EXPECT_TRUE(answered(*outcome) || failed_as(*outcome, error_kind::cancelled))
                << failed_as(*outcome, error_kind::cancelled).message();
        }
    }

    testing::local_server server{[](net::server_request&) { return testing::make_response(200); }};
    std::shared_ptr<const net::destination> where = [this] {
        http_options http;
        http.max_connections = 2;
        return net::destination::make(url::parse(server.url()).value(), {}, http).value();
    }();
};

TEST_F(every_moment, is_one_at_which_abort_ends_every_call) {
    for (std::size_t moment = 0;; ++moment) {
        SCOPED_TRACE("turn " + std::to_string(moment));
        shard here;
        start(here);
        const bool under_way = here.turn(moment);
        here.client->abort();
        // What is said after the abort is not answered any more: nothing more is sent.
        const std::uint64_t served = server.requests();
        expect_end(here);
        if (HasFailure()) return;
        EXPECT_LE(server.requests(), served + 2) << "calls go on after the abort";
        EXPECT_EQ(here.client->look(*where).busy, 0U);
        EXPECT_EQ(here.client->look(*where).idle, 0U);
        if (!under_way) break;
    }
}

TEST_F(every_moment, is_one_at_which_client_timers_and_clock_may_go) {
    for (std::size_t moment = 0;; ++moment) {
        SCOPED_TRACE("turn " + std::to_string(moment));
        shard here;
        start(here);
        const bool under_way = here.turn(moment);
        here.client.reset();
        here.wakeups.reset();
        here.time.reset();
        expect_end(here);
        if (HasFailure() || !under_way) break;
    }
}

TEST_F(every_moment, is_one_at_which_the_loop_may_go) {
    for (std::size_t moment = 0;; ++moment) {
        SCOPED_TRACE("turn " + std::to_string(moment));
        std::optional<shard> here(std::in_place);
        start(*here);
        const bool under_way = here->turn(moment);
        here->client.reset();
        here.reset();  // calls are destroyed, not resumed
        if (!under_way) break;
    }
}

}  // namespace
}  // namespace symphony::test_support
