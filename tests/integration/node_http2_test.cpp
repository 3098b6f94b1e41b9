#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/node_http2_server.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// HTTP/2 with Node's own, over TLS and in the clear.

namespace symphony::test_support {
namespace {

using enum error_kind;
using symphony::testing::memory_body;

// The same piece again and again.
class repeated_body final : public body_source {
public:
    repeated_body(std::string piece, std::size_t times) : piece_(std::move(piece)), left_(times) {}
    boost::asio::awaitable<result<std::string_view>> read() override {
        co_return left_ == 0 ? std::string_view() : (--left_, std::string_view(piece_));
    }
    std::optional<std::uint64_t> size() const noexcept override { return piece_.size() * left_; }

private:
    std::string piece_;
    std::size_t left_;
};

class node_http2 : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] client_rig::target_ptr destination() const {
        tls_options tls;
        if (GetParam()) tls.ca = ca.file();
        http_options http;
        if (!GetParam()) http.version = http_version::http2;
        return destination_at(server.port(GetParam()), tls, http, {},
                              GetParam() ? "https://localhost" : "http://localhost");
    }
    std::shared_ptr<pending_call> start(const std::string& target, std::string body = {}) {
        outgoing what;
        what.method = body.empty() ? "GET" : "PUT";
        what.target = target;
        what.body = std::move(body);
        return rig.start(where, std::move(what));
    }
    [[nodiscard]] bool all_end(const std::vector<std::shared_ptr<pending_call>>& calls) {
        return rig.run_until([&] {
            return std::ranges::all_of(calls, [](const auto& c) { return c->outcome.has_value(); });
        });
    }
    // A good call is served, and nothing keeps the connections once the client closes.
    void TearDown() override {
        const result<response> next = rig.get(where, "/small");
        EXPECT_TRUE(answered(next));
        EXPECT_EQ(next ? next->version : http_version::http1, http_version::http2);
        EXPECT_EQ(rig.client->look(*where).waiting, 0U);
        rig.client->close();
        EXPECT_TRUE(rig.run_until(
            [&] { return rig.client->look(*where).busy + rig.client->look(*where).idle == 0; }));
    }

    throwaway_ca ca;
    certificate_files identity = ca.issue("DNS:localhost");
    node_http2_server server{identity};
    client_rig rig;
    client_rig::target_ptr where = destination();
};

TEST_P(node_http2, many_calls_share_few_connections) {
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int i = 0; i < 400; ++i)
        calls.push_back(start("/small"));
    ASSERT_TRUE(all_end(calls));
    for (const auto& call : calls) {
        ASSERT_TRUE(answered(*call->outcome));
        EXPECT_EQ((*call->outcome)->body, "small");
    }
    EXPECT_LE(rig.client->look(*where).opened, 8U) << "it allows fifty streams on each";
}

TEST_P(node_http2, large_bodies_go_both_ways_at_once) {
    std::string large(3'000'000, '\0');
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i] = static_cast<char>('a' + i * 7 % 26);
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int i = 0; i < 4; ++i)
        calls.push_back(start("/echo", large));
    ASSERT_TRUE(all_end(calls));
    for (const auto& call : calls) {
        ASSERT_TRUE(answered(*call->outcome));
        EXPECT_TRUE((*call->outcome)->body == large) << (*call->outcome)->body.size();
    }
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_P(node_http2, streams_go_both_ways) {
    outgoing up;
    up.method = "PUT";
    up.target = "/count";
    up.stream =
        std::make_unique<memory_body>(std::vector<std::string>(300, std::string(10'000, 'x')));
    const result<response> counted = rig.send(where, std::move(up));
    ASSERT_TRUE(answered(counted));
    EXPECT_EQ(counted->body, "3000000");

    outgoing down;
    down.target = "/bytes?count=3000000";
    down.options.stream_response = true;
    result<response> got = rig.send(where, std::move(down));
    ASSERT_TRUE(answered(got));
    ASSERT_TRUE(got->stream);
    EXPECT_TRUE(answered(rig.get(where, "/small"))) << "while the reader stands still";
    const result<std::string> all = rig.read_all(*got->stream);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->size(), 3'000'000U);
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

// The server tells of new room some ten thousand times meanwhile.
TEST_P(node_http2, an_upload_may_be_as_long_as_it_likes) {
    constexpr std::size_t pieces = 3'200, piece = 65'536;
    outgoing up;
    up.method = "PUT";
    up.target = "/count";
    up.stream = std::make_unique<repeated_body>(std::string(piece, 'x'), pieces);
    const result<response> counted = rig.send(where, std::move(up));
    ASSERT_TRUE(answered(counted));
    EXPECT_EQ(counted->body, std::to_string(pieces * piece));
}

TEST_P(node_http2, an_answer_may_come_before_the_end_of_the_request) {
    const auto call = start("/small", std::string(3'000'000, 'x'));
    ASSERT_TRUE(all_end({call}));
    EXPECT_TRUE(answered(*call->outcome));
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_P(node_http2, interim_answers_and_trailers_are_fine) {
    const result<response> got = rig.get(where, "/trailers");
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "text");
    EXPECT_FALSE(got->fields.contains("link"));
    EXPECT_FALSE(got->fields.contains("checksum"));
}

TEST_P(node_http2, a_push_is_not_allowed) {
    const result<response> got = rig.get(where, "/push");
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "ERR_HTTP2_PUSH_DISABLED");
}

TEST_P(node_http2, a_stream_that_is_reset_fails_alone) {
    struct row {
        int code;
        error_kind kind;
        bool maybe_sent;
    };
    for (const row& one : {row{1, connection_lost, true}, row{2, connection_lost, true},
                           row{7, connection_lost, false}, row{8, connection_lost, true},
                           row{11, connection_lost, true}, row{13, protocol_error, true}}) {
        SCOPED_TRACE(one.code);
        const std::string code = std::to_string(one.code);
        const auto other = start("/bytes?count=1000000");
        EXPECT_TRUE(failed_as(rig.get(where, "/reset?code=" + code), one.kind, one.maybe_sent));
        ASSERT_TRUE(all_end({other}));
        ASSERT_TRUE(answered(*other->outcome));
        EXPECT_EQ((*other->outcome)->body.size(), 1'000'000U);
    }
    EXPECT_TRUE(failed_as(rig.get(where, "/reset-in-body"), connection_lost, true));
    outgoing streamed;
    streamed.target = "/reset-in-body";
    streamed.options.stream_response = true;
    result<response> got = rig.send(where, std::move(streamed));
    if (got) {
        ASSERT_TRUE(got->stream);
        EXPECT_FALSE(rig.read_all(*got->stream));
    } else {  // head and reset came together
        EXPECT_TRUE(failed_as(got, connection_lost, true));
    }
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_P(node_http2, a_call_that_was_refused_unseen_goes_out_once_more) {
    const result<response> got = rig.get(where, "/refuse-once?who=me");
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "twice");
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

// What was begun is answered; what it has not looked at goes to another connection.
TEST_P(node_http2, a_server_that_leaves_amid_the_load_costs_no_call) {
    for (int round = 0; round < 5; ++round) {
        SCOPED_TRACE(round);
        std::vector<std::shared_ptr<pending_call>> calls;
        for (int i = 0; i < 100; ++i)
            calls.push_back(start(i == 20 ? "/leave" : "/small"));
        ASSERT_TRUE(all_end(calls));
        for (const auto& call : calls)
            EXPECT_TRUE(answered(*call->outcome));
    }
}

TEST_P(node_http2, a_server_that_vanishes_amid_the_load_costs_what_was_under_way) {
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int i = 0; i < 30; ++i)
        calls.push_back(start("/hold"));
    ASSERT_TRUE(answered(rig.get(where, "/small"))) << "it has seen all that went before";
    calls.push_back(start("/vanish"));
    ASSERT_TRUE(all_end(calls));
    for (const auto& call : calls)
        EXPECT_TRUE(failed_as(*call->outcome, connection_lost, true));
}

TEST_P(node_http2, calls_that_are_given_up_leave_the_others_alone) {
    std::vector<std::shared_ptr<pending_call>> kept;
    std::vector<std::shared_ptr<pending_call>> left;
    for (int i = 0; i < 40; ++i) {
        kept.push_back(start("/bytes?count=200000"));
        left.push_back(start(i % 2 == 0 ? "/hold" : "/bytes?count=20000000"));
    }
    ASSERT_TRUE(all_end({kept.front()}));
    for (const auto& call : left)
        call->cancel.emit(boost::asio::cancellation_type::terminal);
    ASSERT_TRUE(all_end(left));
    ASSERT_TRUE(all_end(kept));
    for (const auto& call : kept)
        EXPECT_TRUE(answered(*call->outcome));
    for (const auto& call : left) {
        if (!*call->outcome) EXPECT_TRUE(failed_as(*call->outcome, cancelled));
    }
}

INSTANTIATE_TEST_SUITE_P(over, node_http2, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "tls" : "tcp"; });

}  // namespace
}  // namespace symphony::test_support
