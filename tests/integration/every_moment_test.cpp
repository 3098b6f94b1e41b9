#include "integration/moments.hpp"
#include "symphony/testing/local_server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace symphony::test_support {
namespace {

constexpr std::size_t calls = 6;

// Six calls share two connections; after so many turns of the loop something happens to the client.
class every_moment : public ::testing::Test {
protected:
    void start(shard& on) const {
        for (std::size_t number = 0; number < calls; ++number)
            on.start(where, {});
        on.turn(calls);  // each has called `send` by then
    }

    // Every call ends, with its answer or cancelled.
    static void expect_end(shard& on) {
        ASSERT_FALSE(on.turn(1000)) << "a call goes on for ever";
        for (const auto& call : on.calls)
            EXPECT_TRUE(call->was_cancelled() || call->came_to(""));
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
