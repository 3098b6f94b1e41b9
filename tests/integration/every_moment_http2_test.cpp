#include "integration/moments.hpp"
#include "support/certificates.hpp"
#include "symphony/testing/memory_body.hpp"
#include "unit/net/running_server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

// After so many turns of the loop something happens to calls that share a connection of HTTP/2.

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using net::server_request;
using net::server_test::running_server;
using symphony::testing::memory_body;

// More than a stream's window, so that both sides have to wait for each other.
const std::string large(400'000, 'x');

std::unique_ptr<body_source> in_pieces() {
    return std::make_unique<memory_body>(std::vector<std::string>(20, large.substr(0, 20'000)));
}

boost::asio::awaitable<response> serve(server_request& request) {
    response answer;
    answer.status = 200;
    if (request.target == "/stream") {
        answer.stream = in_pieces();
        co_return answer;
    }
    std::size_t size = 0;
    for (;;) {
        const auto piece = co_await request.body->read();
        if (!piece || piece->empty()) break;
        size += piece->size();
    }
    answer.body = "took " + std::to_string(size);
    co_return answer;
}

struct sort {
    const char* name;
    std::string expected;
    outgoing (*make)();
};

outgoing plain() {
    return {};
}
outgoing streamed() {
    outgoing what;
    what.target = "/stream";
    what.options.stream_response = true;
    return what;
}
outgoing upload() {
    outgoing what;
    what.method = "PUT";
    what.stream = in_pieces();
    return what;
}
outgoing whole_upload() {
    outgoing what;
    what.method = "PUT";
    what.body = large;
    return what;
}

const std::vector<sort> sorts{{"plain", "took 0", plain},
                              {"streamed", large, streamed},
                              {"upload", "took 400000", upload},
                              {"whole upload", "took 400000", whole_upload}};

class every_moment_http2 : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] net::server_options options() const {
        net::server_options made;
        if (!GetParam()) return made;
        server_tls_options tls;
        tls.identity.cert = identity.certificate;
        tls.identity.key = secret(identity.key);
        made.tls = net::make_server_tls(tls).value();
        return made;
    }
    [[nodiscard]] client_rig::target_ptr destination() const {
        tls_options tls;
        if (GetParam()) tls.ca = ca.file();
        http_options http;
        http.version = http_version::http2;
        return destination_at(server->port, tls, http, {},
                              GetParam() ? "https://127.0.0.1" : "http://127.0.0.1");
    }
    void start_all(shard& here) const {
        for (const sort& one : sorts)
            here.start(where, one.make());
        here.turn(sorts.size());  // each has called `send` by then
    }
    // A good call is served, and once the client closes, nothing is left on either side: the
    // session ends only when its last stream has.
    void expect_clean(shard& here) const {
        const whole_call& next = here.start(where, plain());
        EXPECT_TRUE(here.turn_until([&] { return next.got.has_value(); }));
        EXPECT_TRUE(next.came_to("took 0"));
        EXPECT_EQ(here.client->look(*where).waiting, 0U);
        here.client->close();
        EXPECT_TRUE(here.turn_until([&] {
            const auto seen = here.client->look(*where);
            return seen.busy == 0 && seen.idle == 0;
        })) << "a stream is left";
        EXPECT_TRUE(server->wait_for_connections(0));
    }

    throwaway_ca ca;
    certificate_files identity = ca.issue("IP:127.0.0.1");
    std::unique_ptr<running_server> server = std::make_unique<running_server>(serve, options());
    client_rig::target_ptr where = destination();
};

TEST_P(every_moment_http2, is_one_at_which_one_call_may_be_cancelled_alone) {
    for (const sort& leaver : sorts) {
        for (const sort& stayer : sorts) {
            for (std::size_t moment = 0;; ++moment) {
                SCOPED_TRACE(std::string(leaver.name) + " leaves " + stayer.name + " at turn " +
                             std::to_string(moment));
                shard here;
                whole_call& leaves = here.start(where, leaver.make());
                const whole_call& stays = here.start(where, stayer.make());
                here.turn(moment);
                const bool under_way = !leaves.got;
                here.cancel(leaves);
                ASSERT_TRUE(here.turn_until([&] { return here.all_ended(); }));
                EXPECT_TRUE(stays.came_to(stayer.expected));
                EXPECT_TRUE(leaves.was_cancelled() || leaves.came_to(leaver.expected));
                EXPECT_LE(here.client->look(*where).opened, 2U) << "who connected may have left";
                expect_clean(here);
                if (HasFailure()) return;
                if (!under_way) break;
            }
        }
    }
}

TEST_P(every_moment_http2, is_one_at_which_abort_ends_every_call) {
    for (std::size_t moment = 0;; ++moment) {
        SCOPED_TRACE("turn " + std::to_string(moment));
        shard here;
        start_all(here);
        const bool under_way = here.turn(moment);
        here.client->abort();
        EXPECT_TRUE(here.turn_until([&] { return here.all_ended(); }));
        for (std::size_t i = 0; i < sorts.size(); ++i) {
            EXPECT_TRUE(here.calls[i]->was_cancelled() ||
                        here.calls[i]->came_to(sorts[i].expected));
        }
        EXPECT_TRUE(here.turn_until([&] { return here.client->look(*where).busy == 0; }));
        EXPECT_TRUE(server->wait_for_connections(0));
        if (HasFailure() || !under_way) return;
    }
}

TEST_P(every_moment_http2, is_one_at_which_client_timers_and_clock_may_go) {
    for (std::size_t moment = 0;; ++moment) {
        SCOPED_TRACE("turn " + std::to_string(moment));
        shard here;
        start_all(here);
        const bool under_way = here.turn(moment);
        here.client.reset();
        here.wakeups.reset();
        here.time.reset();
        EXPECT_TRUE(here.turn_until([&] { return here.all_ended(); }));
        here.loop.poll();
        EXPECT_TRUE(server->wait_for_connections(0));
        if (HasFailure() || !under_way) return;
    }
}

TEST_P(every_moment_http2, is_one_at_which_the_loop_may_go) {
    for (std::size_t moment = 0;; ++moment) {
        SCOPED_TRACE("turn " + std::to_string(moment));
        std::optional<shard> here(std::in_place);
        start_all(*here);
        const bool under_way = here->turn(moment);
        here->client.reset();
        here.reset();  // calls are destroyed, not resumed
        EXPECT_TRUE(server->wait_for_connections(0));
        if (HasFailure() || !under_way) return;
    }
}

INSTANTIATE_TEST_SUITE_P(over, every_moment_http2, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "tls" : "tcp"; });

}  // namespace
}  // namespace symphony::test_support
