#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/http2_frames.hpp"
#include "support/misbehaving_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

// Servers of HTTP/2 that are odd and yet in order, or late, and calls that are given up.

namespace symphony::test_support {
namespace {

using enum error_kind;

TEST(http2_oddities, a_refusal_twice_is_an_error_and_nothing_was_processed) {
    misbehaving_server server(after_request(settings() + reset_of(1, 7))
                                  .text(request_on(3))
                                  .send(reset_of(3, 7))
                                  .text(request_on(5))
                                  .send(answer_on(5, "next"))
                                  .to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    const auto sent = rig.start(where);
    ASSERT_TRUE(rig.run_until([&] { return sent->outcome.has_value(); }));
    EXPECT_TRUE(failed_as(*sent->outcome, connection_lost, false));
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http2_oddities, what_a_goaway_still_owes_is_waited_for) {
    misbehaving_server server(
        {after_request(settings() + goaway(1) + answer_on(1, "owed")).to_end(),
         after_request(settings() + answer_on(1, "new")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    const result<response> owed = rig.get(where);
    ASSERT_TRUE(answered(owed));
    EXPECT_EQ(owed->body, "owed");
    pool.expect(where, server, "new");
    EXPECT_EQ(server.connections(), 2U);
}

TEST(http2_oddities, interim_answers_padding_and_trailers_are_fine) {
    const std::string padded = frame(h2::data, 8, 1, std::string("\3text\0\0\0", 8));
    misbehaving_server server(
        after_request(settings() + head(1, field(":status", "103") + field("link", "x")) +
                      head(1, status_200 + field("x", "y")) + padded +
                      head(1, field("checksum", "1"), end_headers | end_stream))
            .text(request_on(3))
            .send(answer_on(3, "next"))
            .to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    const result<response> got = rig.get(where);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "text");
    EXPECT_FALSE(got->fields.contains("link"));
    EXPECT_FALSE(got->fields.contains("checksum"));
    EXPECT_EQ(got->fields.get("x"), "y");
    pool.expect(where, server, "next");
}

TEST(http2_oddities, a_push_is_refused_and_the_answer_taken) {
    misbehaving_server server(
        after_request(settings() +
                      frame(h2::push_promise, end_headers, 1,
                            number32(2) + "\x82\x86\x84" + field(":authority", "h")) +
                      answer_on(1, "asked for"))
            .text(request_on(3))
            .send(answer_on(3, "next"))
            .to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    const result<response> got = rig.get(where);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "asked for");
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http2_oddities, a_server_that_takes_no_body_costs_the_deadline) {
    misbehaving_server server(after_request(settings(std::string("\0\4", 2) + number32(0)))
                                  .text(request_on(3))
                                  .send(answer_on(3, "next"))
                                  .to_end());
    client_rig rig;
    const clean_pool pool(rig);
    outgoing call;
    call.method = "PUT";
    call.body = std::string(100'000, 'x');
    call.options.until = rig.in(std::chrono::milliseconds(300));
    const auto where = destination_at(server.port(), {}, http2_only());
    EXPECT_TRUE(failed_as(rig.send(where, std::move(call)), timeout, true));
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http2_oddities, a_server_that_is_slow_and_there_keeps_its_connection) {
    misbehaving_server server(
        after_request(settings() + answer_on(1, "one"))
            .text(request_on(3))
            .text(ping_of_ours)
            .send(frame(h2::ping, 1, 0, std::string(8, '\0')) + frame(h2::ping, 0, 0, "and you?"))
            .text("and you?")
            .text(request_on(5))
            .send(answer_on(5, "three"))
            .to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    EXPECT_TRUE(answered(rig.get(where)));
    outgoing quick;
    quick.options.until = rig.in(std::chrono::milliseconds(100));
    EXPECT_TRUE(failed_as(rig.send(where, std::move(quick)), timeout, true));
    // What answered the question after it has taken in the answer.
    ASSERT_TRUE(
        rig.run_until([&] { return server.received(0).find("and you?") != std::string::npos; }));
    pool.expect(where, server, "three");
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http2_oddities, after_a_time_out_in_silence_the_next_call_takes_another_connection) {
    misbehaving_server server(
        {after_request("").to_end(), after_request(settings() + answer_on(1, "next")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    outgoing quick;
    quick.options.until = rig.in(std::chrono::milliseconds(100));
    EXPECT_TRUE(failed_as(rig.send(where, std::move(quick)), timeout, true));
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), 2U);
}

TEST(http2_oddities, cancelling_gives_the_stream_up_alone) {
    misbehaving_server server(after_request(settings())
                                  .text(request_on(3))
                                  .send(answer_on(3, "other"))
                                  .text(request_on(5))
                                  .send(answer_on(5, "next"))
                                  .to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    const auto one = rig.start(where);
    const auto other = rig.start(where);
    ASSERT_TRUE(rig.run_until([&] { return !server.received(0).empty(); }));
    one->cancel.emit(boost::asio::cancellation_type::terminal);
    ASSERT_TRUE(rig.run_until([&] { return one->outcome.has_value(); }));
    EXPECT_TRUE(failed_as(*one->outcome, cancelled));
    ASSERT_TRUE(rig.run_until([&] { return other->outcome.has_value(); }));
    EXPECT_TRUE(answered(*other->outcome));
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http2_oddities, a_client_that_goes_ends_its_calls) {
    misbehaving_server server(after_request(settings()).to_end());
    client_rig rig;
    const auto where = destination_at(server.port(), {}, http2_only());
    const auto one = rig.start(where);
    ASSERT_TRUE(rig.run_until([&] { return !server.received(0).empty(); }));
    rig.client.reset();
    ASSERT_TRUE(rig.run_until([&] { return one->outcome.has_value(); }));
    EXPECT_TRUE(failed_as(*one->outcome, cancelled));
    rig.loop.restart();
    rig.loop.poll();
    EXPECT_TRUE(server.wait_until_finished(0)) << "its connection lives on";
}

TEST(http2_oddities, a_plain_server_offers_none) {
    misbehaving_server server(
        script().head().send(answer("one")).head().send(answer("two")).to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    EXPECT_TRUE(answered(rig.get(where)));
    pool.expect(where, server, "two");
}

}  // namespace
}  // namespace symphony::test_support
