#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "symphony/testing/memory_body.hpp"
#include "unit/net/gate.hpp"
#include "unit/net/running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

// HTTP/2 between our own client and our own server, over TLS and in the clear.

namespace symphony::test_support {
namespace {

using net::server_options;
using net::server_request;
using net::server_test::gate;
using net::server_test::running_server;
using symphony::testing::memory_body;

// Sends the body back, as it comes for "/stream".
class echo final : public body_source {
public:
    explicit echo(body_source& of) : of_(of) {}
    boost::asio::awaitable<result<std::string_view>> read() override { return of_.read(); }
    std::optional<std::uint64_t> size() const noexcept override { return of_.size(); }

private:
    body_source& of_;
};

boost::asio::awaitable<response> send_back(server_request& request) {
    response answer;
    answer.status = 200;
    answer.fields.add("X-Method", request.method);
    answer.fields.add("X-Host", request.fields.get("host").value_or("none"));
    if (request.target == "/stream") {
        answer.stream = std::make_unique<echo>(*request.body);
        co_return answer;
    }
    for (;;) {
        const auto piece = co_await request.body->read();
        if (!piece || piece->empty()) break;
        answer.body.append(*piece);
    }
    co_return answer;
}

class http2_own_server : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] bool secured() const { return GetParam(); }
    [[nodiscard]] server_options options() {
        server_options made;
        if (!secured()) return made;
        server_tls_options tls;
        tls.identity.cert = identity.certificate;
        tls.identity.key = secret(identity.key);
        made.tls = net::make_server_tls(tls).value();
        return made;
    }
    [[nodiscard]] client_rig::target_ptr at(std::uint16_t port,
                                            http_version version = http_version::http2) {
        tls_options tls;
        if (secured()) tls.ca = ca.file();
        http_options http;
        http.version = version;
        return destination_at(port, tls, http, {},
                              secured() ? "https://127.0.0.1" : "http://127.0.0.1");
    }

    throwaway_ca ca;
    certificate_files identity = ca.issue("IP:127.0.0.1");
    client_rig rig;
};

TEST_P(http2_own_server, many_calls_share_a_connection) {
    running_server server(send_back, options());
    const auto where = at(server.port);
    std::vector<std::shared_ptr<pending_call>> all;
    for (int i = 0; i < 300; ++i) {
        outgoing call;
        call.method = "POST";
        call.body = "call " + std::to_string(i);
        all.push_back(rig.start(where, std::move(call)));
    }
    ASSERT_TRUE(rig.run_until([&] {
        return std::ranges::all_of(all, [](const auto& c) { return c->outcome.has_value(); });
    }));
    for (int i = 0; i < 300; ++i) {
        const auto& got = *all[static_cast<std::size_t>(i)]->outcome;
        ASSERT_TRUE(got) << got.error().message;
        EXPECT_EQ(got->body, "call " + std::to_string(i));
        EXPECT_EQ(got->fields.get("x-method"), "POST");
        EXPECT_EQ(got->fields.get("x-host"), "127.0.0.1:" + std::to_string(server.port));
    }
    EXPECT_LE(rig.client->look(*where).opened, 4U);
}

// With so many requests under way the server receives at the end of the loop's turn.
TEST_P(http2_own_server, busy_it_serves_http1_as_well) {
    constexpr int kept = 12;
    gate held;
    running_server server(held.handler(), options());
    const auto where = at(server.port, http_version::http1);
    for (int i = 0; i < kept; ++i)
        rig.start(where, {.target = "/kept"});
    ASSERT_TRUE(rig.run_until([&] { return held.held == kept; }));
    for (int round = 0; round < 3; ++round) {
        std::vector<std::shared_ptr<pending_call>> all;
        for (std::size_t i = 0; i < 30; ++i)
            all.push_back(rig.start(
                where, {.method = "POST", .target = "/now", .body = std::string(i * 2'000, 'x')}));
        ASSERT_TRUE(rig.run_until([&] {
            return std::ranges::all_of(all, [](const auto& c) { return c->outcome.has_value(); });
        }));
        for (const auto& call : all) {
            ASSERT_TRUE(*call->outcome) << call->outcome->error().message;
            EXPECT_EQ((*call->outcome)->body, "released");
        }
    }
    EXPECT_EQ(rig.client->look(*where).busy, std::size_t{kept});
    EXPECT_GT(rig.client->look(*where).reused, 0U);
    rig.client->abort();
}

TEST_P(http2_own_server, what_is_spoken_is_agreed_on) {
    for (const bool http2 : {false, true}) {
        server_options made = options();
        made.http2 = http2;
        running_server server(send_back, made);
        EXPECT_EQ(rig.get(at(server.port)).has_value(), http2);
        EXPECT_TRUE(rig.get(at(server.port, http_version::http1)));
        EXPECT_TRUE(rig.get(at(server.port, http_version::automatic)));
    }
}

TEST_P(http2_own_server, large_bodies_go_both_ways_at_once) {
    running_server server(send_back, options());
    std::string large(3'000'000, '\0');
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i] = static_cast<char>('a' + i * 7 % 26);
    for (const bool in_pieces : {false, true}) {
        for (const char* target : {"/whole", "/stream"}) {
            outgoing call;
            call.method = "PUT";
            call.target = target;
            if (in_pieces) {
                std::vector<std::string> pieces;
                for (std::size_t at = 0; at < large.size(); at += 5000)
                    pieces.push_back(large.substr(at, 5000));
                call.stream = std::make_unique<memory_body>(std::move(pieces));
            } else {
                call.body = large;
            }
            const result<response> got = rig.send(at(server.port), std::move(call));
            ASSERT_TRUE(got) << got.error().message;
            EXPECT_EQ(got->body == large, true);
        }
    }
}

TEST_P(http2_own_server, a_call_that_is_cancelled_cancels_its_handler) {
    gate held;
    running_server server(held.handler(), options());
    const auto where = at(server.port);
    const auto kept = rig.start(where);
    const auto given_up = rig.start(where);
    ASSERT_TRUE(rig.run_until([&] { return held.held == 2; }));
    given_up->cancel.emit(boost::asio::cancellation_type::terminal);
    ASSERT_TRUE(rig.run_until([&] { return held.cancelled == 1; }));
    EXPECT_FALSE(kept->outcome);
    server.drain();
    kept->cancel.emit(boost::asio::cancellation_type::terminal);
    ASSERT_TRUE(rig.run_until([&] { return held.cancelled == 2; }));
}

TEST_P(http2_own_server, calls_survive_a_server_that_drains) {
    running_server old(send_back, options());
    const auto where = at(old.port);
    EXPECT_TRUE(rig.get(where));
    old.drain();
    ASSERT_TRUE(rig.run_until([&] { return old.connections() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(over, http2_own_server, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "tls" : "tcp"; });

}  // namespace
}  // namespace symphony::test_support
