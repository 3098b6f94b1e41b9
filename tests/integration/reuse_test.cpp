#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/loopback.hpp"
#include "support/misbehaving_server.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/memory_body.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;

script then_answer(const std::string& body) {
    return script().head().send(answer(body)).head().send(answer(body)).to_end();
}

TEST(reuse, a_connection_that_dies_at_rest_is_not_used_again) {
    for (const bool broken : {false, true}) {
        script first = script().head().send(answer("first")).until_told();
        if (broken) first.break_off();
        misbehaving_server server({first, then_answer("second")});
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = destination_at(server.port());
        EXPECT_EQ(rig.get(where).value().body, "first");
        EXPECT_EQ(rig.client->look(*where).idle, 1U);
        server.go_on();
        EXPECT_TRUE(rig.run_until([&] { return rig.client->look(*where).idle == 0; }));
        pool.expect(where, server, "second");
        EXPECT_EQ(server.connections(), 2U);
    }
}

TEST(reuse, bytes_nobody_asked_for_end_a_connection_at_rest) {
    misbehaving_server server(
        {script().head().send(answer("first")).until_told().send(answer("poison")).to_end(),
         then_answer("second")});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    EXPECT_EQ(rig.get(where).value().body, "first");
    server.go_on();
    EXPECT_TRUE(rig.run_until([&] { return rig.client->look(*where).idle == 0; }));
    EXPECT_TRUE(server.wait_until_finished(0));
    pool.expect(where, server, "second");
}

TEST(reuse, an_answer_says_when_it_was_read_where_its_connection_lives_on) {
    misbehaving_server server(
        script().head().send(answer("first")).head().send(answer("last", "Connection: close\r\n")));
    client_rig rig;
    const auto where = destination_at(server.port());
    const auto ended = [&] {
        const auto call = rig.start(where);
        EXPECT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
        EXPECT_TRUE(call->outcome && *call->outcome);
        return call;
    };
    const instant before = rig.time.now();
    const auto first = ended();
    ASSERT_TRUE(first->read_at);
    EXPECT_GE(*first->read_at, before);
    EXPECT_LE(*first->read_at, rig.time.now());
    EXPECT_FALSE(ended()->read_at) << "nobody looked at the clock";
    EXPECT_EQ(server.connections(), 1U);
}

TEST(reuse, what_a_reply_holds_is_replaced_also_without_a_status) {
    misbehaving_server server(script().head().send(answer("good")).to_end());
    client_rig rig;
    const auto where = destination_at(server.port());
    net::reply came;
    came.answer->body = "what it held before";
    const net::wire_request request;
    const net::send_options options;
    boost::asio::co_spawn(rig.loop, rig.client->send_into(came, where, request, options),
                          boost::asio::detached);
    ASSERT_TRUE(rig.run_until([&] { return came.read_at.has_value(); }));
    ASSERT_TRUE(answered(came.answer));
    EXPECT_EQ(came.answer->body, "good");
}

TEST(reuse, after_an_abort_nothing_was_read) {
    client_rig rig;
    rig.client->abort();
    const auto call = rig.start(destination_at(1));
    ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
    EXPECT_EQ(call->outcome->error().kind, error_kind::cancelled);
    EXPECT_FALSE(call->read_at);
}

// An answer may fill just the room that a receive had: nobody knows then whether there is more, and
// meanwhile the next receive is under way.
TEST(reuse, an_answer_that_just_fills_the_room_leaves_the_connection_sound) {
    constexpr int calls = 8;
    for (const std::size_t size : {2047, 2048, 2049, 16'384, 18'432}) {
        std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: ";
        const std::size_t body = size - whole.size() - 4 - std::to_string(size - 42).size();
        whole += std::to_string(body) + "\r\n\r\n" + std::string(body, 'x');
        ASSERT_EQ(whole.size(), size);
        script serves;
        for (int i = 0; i < calls; ++i)
            serves.head().send(whole);
        misbehaving_server server(serves.head().send(answer("good")).to_end());
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = destination_at(server.port());
        for (int i = 0; i < calls; ++i) {
            const result<response> got = rig.get(where);
            ASSERT_TRUE(got) << size << ": " << got.error().message;
            EXPECT_EQ(got->body.size(), body);
            rig.loop.poll();  // the turn ends: it listens at rest
        }
        pool.expect(where, server, "good");
        EXPECT_EQ(server.connections(), 1U);
    }
}

// Servers can send a client to ever new origins (redirects, names in answers).
TEST(reuse, what_stood_for_origins_that_are_not_used_any_more_is_forgotten) {
    const std::uint16_t nobody = free_port();
    client_rig rig;
    misbehaving_server server(then_answer("still there"));
    const clean_pool pool(rig);
    const auto in_use = destination_at(server.port());
    EXPECT_EQ(rig.get(in_use).value().body, "still there");
    std::vector<std::weak_ptr<const net::destination>> origins;
    for (int i = 1; i < 250; ++i) {
        http_options how;
        how.version = i % 2 == 0 ? http_version::http2 : http_version::http1;
        const auto where = destination_at(nobody, {}, how, {}, fmt::format("http://127.0.1.{}", i));
        origins.push_back(where);
        EXPECT_FALSE(rig.get(where));
    }
    EXPECT_LT(std::ranges::count_if(origins, [](const auto& one) { return !one.expired(); }), 70);
    pool.expect(in_use, server, "still there");
    EXPECT_EQ(server.connections(), 1U);
}

// The loop does not run between the server's closing and the next call: only a look at the socket
// can tell. By hand, so that the rest is long enough for that look however fast the machine is.
TEST(reuse, a_connection_that_died_unseen_is_noticed_in_time) {
    for (const bool broken : {false, true}) {
        script first = script().head().send(answer("first")).until_told();
        if (broken) first.break_off();
        misbehaving_server server({first, then_answer("second")});
        testing::manual_clock time;
        client_rig rig(nullptr, &time);
        const clean_pool pool(rig);
        const auto where = destination_at(server.port());
        EXPECT_EQ(rig.get(where).value().body, "first");
        server.go_on();
        ASSERT_TRUE(server.wait_until_finished(0));
        time.advance(5ms);
        const result<response> got = rig.get(where);
        ASSERT_TRUE(answered(got)) << broken;
        EXPECT_EQ(got->body, "second");
        pool.expect(where, server, "second");
    }
}

TEST(reuse, poison_that_came_unseen_is_noticed_in_time) {
    misbehaving_server server(
        {script().head().send(answer("first")).until_told().send(answer("poison")).end_sending(),
         then_answer("second")});
    testing::manual_clock time;
    client_rig rig(nullptr, &time);
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    EXPECT_EQ(rig.get(where).value().body, "first");
    server.go_on();
    ASSERT_TRUE(server.wait_until_finished(0));
    time.advance(5ms);
    const result<response> got = rig.get(where);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "second");
    pool.expect(where, server, "second");
}

// Within the millisecond in which no look is taken. A reset shows when sending, and the request is
// repeated by itself; an end does not, and then it cannot be known whether the server had it.
TEST(reuse, dying_at_the_very_moment_of_reuse) {
    for (const bool broken : {false, true}) {
        script first = script().head().send(answer("first")).until_told();
        if (broken) first.break_off();
        misbehaving_server server({first, then_answer("second")});
        const testing::manual_clock time;
        client_rig rig(nullptr, &time);
        const clean_pool pool(rig);
        const auto where = destination_at(server.port());
        EXPECT_EQ(rig.get(where).value().body, "first");
        server.go_on();
        ASSERT_TRUE(server.wait_until_finished(0));
        const result<response> got = rig.get(where);
        if (broken) {
            ASSERT_TRUE(answered(got));
            EXPECT_EQ(got->body, "second");
        } else {
            EXPECT_TRUE(got || failed_as(got, error_kind::connection_lost, true));
        }
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
        pool.expect(where, server, "second");
    }
}

TEST(reuse, a_streamed_request_is_never_repeated_once_it_was_read) {
    misbehaving_server server(
        {script().head().send(answer("first")).until_told().break_off(), then_answer("second")});
    const testing::manual_clock time;
    client_rig rig(nullptr, &time);
    const clean_pool pool(rig);
    http_options http;
    http.expect_continue = false;
    const auto where = destination_at(server.port(), {}, http);
    EXPECT_EQ(rig.get(where).value().body, "first");
    server.go_on();
    ASSERT_TRUE(server.wait_until_finished(0));
    outgoing put;
    put.method = "PUT";
    put.stream = std::make_unique<testing::memory_body>(std::vector<std::string>{"one", "two"});
    const result<response> got = rig.send(where, std::move(put));
    // The head met the dead connection before the body was touched.
    ASSERT_TRUE(answered(got));
    EXPECT_TRUE(server.wait_until_received(1, "two"));
    pool.expect(where, server, "second");
}

TEST(reuse, a_request_answered_before_its_end_costs_the_connection) {
    for (const bool streamed : {false, true}) {
        misbehaving_server server(
            {script().head().send(answer("no", {}, "413 Too Large")).to_end(), then_answer("x")});
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = destination_at(server.port());
        outgoing put;
        put.method = "PUT";
        std::string large(std::size_t{20} << 20, 'x');  // more than the kernel takes at once
        if (streamed) {
            put.stream =
                std::make_unique<testing::memory_body>(std::vector<std::string>{std::move(large)});
        } else {
            put.body = std::move(large);
        }
        EXPECT_TRUE(answered(rig.send(where, std::move(put)), 413)) << streamed;
        EXPECT_EQ(rig.client->look(*where).idle, 0U);
        pool.expect(where, server, "x");
        EXPECT_EQ(server.connections(), 2U);
    }
}

TEST(reuse, an_upload_cut_off_is_a_lost_connection) {
    misbehaving_server server({script().head().bytes(100'000).break_off(), then_answer("x")});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    outgoing put;
    put.method = "PUT";
    put.body = std::string(std::size_t{20} << 20, 'x');
    EXPECT_TRUE(failed_as(rig.send(where, std::move(put)), error_kind::connection_lost, true));
    pool.expect(where, server, "x");
}

TEST(reuse, an_answer_to_head_that_has_a_body_poisons_nothing) {
    misbehaving_server server(
        {script().head().send(answer("a body that must not be there")).to_end(),
         then_answer("second")});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    outgoing head;
    head.method = "HEAD";
    const result<response> got = rig.send(where, std::move(head));
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "");
    pool.expect(where, server, "second");
}

}  // namespace
}  // namespace symphony::test_support
