#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/misbehaving_server.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

const std::string short_body = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort";

// Where a call may be stuck, and whether the request had begun to leave by then.
struct stuck {
    const char* name;
    script what;
    std::string_view seen;  ///< what the server has got once the call is stuck
};

std::vector<stuck> places() {
    return {
        {"no answer", script().head().to_end(), "\r\n\r\n"},
        {"a dripping head", script().head().drip(std::string(10'000, 'x'), 5ms).to_end(),
         "\r\n\r\n"},
        {"a dripping body",
         script()
             .head()
             .send("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")
             .drip(std::string(9'000, 'x'), 5ms),
         "\r\n\r\n"},
        {"half an answer", script().head().send(short_body).to_end(), "\r\n\r\n"},
    };
}

TEST(stopping, a_deadline_ends_a_call_wherever_it_is) {
    for (const stuck& place : places()) {
        SCOPED_TRACE(place.name);
        const misbehaving_server server({place.what, script().head().send(answer("x")).to_end()});
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = destination_at(server.port());
        outgoing call;
        call.options.until = rig.in(100ms);
        const instant end = call.options.until.at();
        EXPECT_TRUE(failed_as(rig.send(where, std::move(call)), error_kind::timeout, true));
        EXPECT_GE(rig.time.now(), end);
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
        EXPECT_EQ(rig.client->look(*where).idle, 0U);
        EXPECT_TRUE(server.wait_until_finished(0)) << "the connection lives on";
        pool.expect(where, server, "x");
    }
}

TEST(stopping, a_cancelled_call_ends_wherever_it_is) {
    for (const stuck& place : places()) {
        SCOPED_TRACE(place.name);
        const misbehaving_server server({place.what, script().head().send(answer("x")).to_end()});
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = destination_at(server.port());
        const auto call = rig.start(where);
        ASSERT_TRUE(rig.run_until(
            [&] { return server.received(0).find(place.seen) != std::string::npos; }));
        call->cancel.emit(asio::cancellation_type::terminal);
        ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
        EXPECT_TRUE(failed_as(*call->outcome, error_kind::cancelled, true));
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
        EXPECT_TRUE(server.wait_until_finished(0)) << "the connection lives on";
        pool.expect(where, server, "x");
    }
}

TEST(stopping, an_upload_nobody_reads_is_stopped_too) {
    for (const bool by_deadline : {true, false}) {
        misbehaving_server server(
            {script().head().until_told().to_end(), script().head().send(answer("x")).to_end()});
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = destination_at(server.port());
        outgoing put;
        put.method = "PUT";
        put.body = std::string(std::size_t{20} << 20, 'x');
        if (by_deadline) put.options.until = rig.in(200ms);
        const auto call = rig.start(where, std::move(put));
        ASSERT_TRUE(rig.run_until(
            [&] { return server.received(0).find("\r\n\r\n") != std::string::npos; }));
        if (!by_deadline) call->cancel.emit(asio::cancellation_type::terminal);
        ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
        EXPECT_TRUE(failed_as(*call->outcome,
                              by_deadline ? error_kind::timeout : error_kind::cancelled, true));
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
        server.go_on();
        pool.expect(where, server, "x");
    }
}

// The server is gone without a word, for instance because its machine has lost its power.
TEST(stopping, a_connection_at_rest_that_is_half_open_costs_one_deadline) {
    const misbehaving_server server({script().head().send(answer("first")).to_end(),
                                     script().head().send(answer("x")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    EXPECT_TRUE(answered(rig.get(where)));
    outgoing call;
    call.options.until = rig.in(100ms);
    EXPECT_TRUE(failed_as(rig.send(where, std::move(call)), error_kind::timeout, true));
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
    pool.expect(where, server, "x");
    EXPECT_EQ(server.connections(), 2U);
}

TEST(stopping, a_deadline_that_has_passed_is_a_time_out) {
    const misbehaving_server server(script().head().send(answer("x")).to_end());
    client_rig rig;
    const auto where = destination_at(server.port());
    outgoing call;
    call.options.until = deadline(rig.time.now() - 1s);
    EXPECT_TRUE(failed_as(rig.send(where, std::move(call)), error_kind::timeout));
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
}

TEST(stopping, whoever_waits_for_a_connection_can_be_stopped) {
    misbehaving_server server(script().head().until_told().send(answer("x")).to_end());
    client_rig rig;
    http_options http;
    http.max_connections = 1;
    const auto where = destination_at(server.port(), {}, http);
    const auto first = rig.start(where);
    outgoing in_time;
    in_time.options.until = rig.in(50ms);
    const auto late = rig.start(where, std::move(in_time));
    const auto unwanted = rig.start(where);
    const auto last = rig.start(where);
    ASSERT_TRUE(rig.run_until([&] { return rig.client->look(*where).waiting == 3; }));
    unwanted->cancel.emit(asio::cancellation_type::terminal);
    ASSERT_TRUE(rig.run_until([&] { return late->outcome && unwanted->outcome; }));
    EXPECT_TRUE(failed_as(*late->outcome, error_kind::timeout, false));
    EXPECT_TRUE(failed_as(*unwanted->outcome, error_kind::cancelled, false));
    EXPECT_EQ(rig.client->look(*where).waiting, 1U);
    first->cancel.emit(asio::cancellation_type::terminal);
    server.go_on();
    server.go_on();
    ASSERT_TRUE(rig.run_until([&] { return last->outcome.has_value(); }));
    EXPECT_TRUE(answered(*last->outcome)) << "its turn came with the connection that ended";
}

TEST(stopping, a_stream_that_stalls_can_be_abandoned) {
    const misbehaving_server server(script().head().send(short_body).to_end());
    client_rig rig;
    const auto where = destination_at(server.port());
    outgoing call;
    call.options.stream_response = true;
    result<response> got = rig.send(where, std::move(call));
    ASSERT_TRUE(answered(got));
    ASSERT_NE(got->stream, nullptr);
    EXPECT_EQ(rig.read_piece(*got->stream).value(), "short");
    rig.client->abort();
    const result<std::string> rest = rig.read_all(*got->stream);
    ASSERT_FALSE(rest);
    EXPECT_EQ(rest.error().kind, error_kind::cancelled);
    EXPECT_TRUE(server.wait_until_finished(0));
}

TEST(stopping, a_stream_cut_off_says_so_and_goes_on_saying_so) {
    const misbehaving_server server(script().head().send(short_body));
    client_rig rig;
    const auto where = destination_at(server.port());
    outgoing call;
    call.options.stream_response = true;
    result<response> got = rig.send(where, std::move(call));
    ASSERT_TRUE(answered(got));
    ASSERT_NE(got->stream, nullptr);
    for (int reading = 0; reading < 2; ++reading) {
        const result<std::string> text = rig.read_all(*got->stream);
        ASSERT_FALSE(text);
        EXPECT_EQ(text.error().kind, error_kind::connection_lost);
        EXPECT_TRUE(text.error().maybe_sent);
    }
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
}

TEST(stopping, abort_ends_every_call) {
    const misbehaving_server server(script().head().to_end());
    client_rig rig;
    http_options http;
    http.max_connections = 4;
    const auto where = destination_at(server.port(), {}, http);
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int call = 0; call < 10; ++call)
        calls.push_back(rig.start(where));
    ASSERT_TRUE(rig.run_until(
        [&] { return server.connections() == 4 && rig.client->look(*where).waiting == 6; }));
    rig.client->abort();
    for (const auto& call : calls) {
        ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
        EXPECT_TRUE(failed_as(*call->outcome, error_kind::cancelled));
    }
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
}

TEST(stopping, a_client_may_go_while_calls_are_under_way) {
    const misbehaving_server server(script().head().to_end());
    client_rig rig;
    http_options http;
    http.max_connections = 2;
    const auto where = destination_at(server.port(), {}, http);
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int call = 0; call < 4; ++call) {
        outgoing what;
        what.options.until = rig.in(1h);
        calls.push_back(rig.start(where, std::move(what)));
    }
    ASSERT_TRUE(rig.run_until(
        [&] { return server.connections() == 2 && rig.client->look(*where).waiting == 2; }));
    rig.client.reset();
    for (const auto& call : calls) {
        ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
        EXPECT_TRUE(failed_as(*call->outcome, error_kind::cancelled));
    }
}

TEST(stopping, close_lets_what_is_busy_finish) {
    misbehaving_server server(script().head().until_told().send(answer("x")).to_end());
    client_rig rig;
    const auto where = destination_at(server.port());
    const auto call = rig.start(where);
    ASSERT_TRUE(rig.run_until([&] { return !server.received(0).empty(); }));
    rig.client->close();
    server.go_on();
    ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
    EXPECT_TRUE(answered(*call->outcome));
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
    EXPECT_TRUE(server.wait_until_finished(0));
}

}  // namespace
}  // namespace symphony::test_support
