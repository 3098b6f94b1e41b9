#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/http2_frames.hpp"
#include "support/misbehaving_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

// Servers of HTTP/2 that take their time, starve an upload, or never stop talking.

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using enum error_kind;

std::string window_of_streams(std::uint32_t bytes) {
    return settings(std::string("\0\4", 2) + number32(bytes));
}
std::string window_update(std::uint32_t stream, std::uint32_t bytes) {
    return frame(h2::window_update, 0, stream, number32(bytes));
}
std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

enum class then : std::uint8_t {
    is_left,        ///< nothing was heard since the call began: the next goes elsewhere
    is_kept,        ///< it answers the next
    is_there_still  ///< it was heard, and goes on as it did: nothing but its end helps
};

struct row {
    const char* name;
    script what;
    then connection;
    bool uploads = false;
};

void PrintTo(const row& one, std::ostream* out) {
    *out << one.name;
}

std::vector<row> stalls() {
    const std::string s = settings();
    const std::string ok = head(1, status_200);
    const std::string next = answer_on(3, "next");
    const auto kept = [&](std::string text) {
        return after_request(std::move(text)).text(request_on(3)).send(next).to_end();
    };
    const auto drip = [](std::string first, std::string rest) {
        return after_request(std::move(first)).drip(std::move(rest), 5ms).until_told();
    };
    return {
        {"silent_from_the_beginning", after_request("").to_end(), then::is_left},
        {"silent_after_its_settings", kept(s), then::is_kept},
        {"silent_in_a_frame", after_request(s + ok.substr(0, 5)).until_told(),
         then::is_there_still},
        {"silent_in_a_head", after_request(s + head(1, status_200, 0)).until_told(),
         then::is_there_still},
        {"silent_before_the_body", kept(s + ok), then::is_kept},
        {"silent_in_the_body", kept(s + ok + body(1, "part", 0)), then::is_kept},
        {"drips_its_settings", drip("", settings(std::string(6 * 10, '\0'))), then::is_there_still},
        {"drips_a_head", drip(s, head(1, status_200 + field("x", std::string(60, 'x')), 0)),
         then::is_there_still},
        {"drips_a_body", drip(s + ok, repeated(body(1, "x", 0), 8)), then::is_there_still},
        {"drips_pings", drip(s, repeated(frame(h2::ping, 0, 0, "12345678"), 5)),
         then::is_there_still},
        {"no_window_for_a_stream", kept(window_of_streams(0)), then::is_kept, true},
        {"a_window_of_one_byte_now_and_then",
         drip(window_of_streams(0), repeated(window_update(1, 1), 6)), then::is_there_still, true},
        {"no_window_for_the_connection", kept(window_of_streams(1 << 24)), then::is_kept, true},
        {"a_window_taken_back", kept(window_of_streams(1 << 16) + window_of_streams(0)),
         then::is_kept, true},
    };
}

class http2_stall : public ::testing::TestWithParam<row> {};

TEST_P(http2_stall, meets_the_deadline) {
    const row& one = GetParam();
    misbehaving_server server(
        {one.what, after_request(settings() + answer_on(1, "next")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    outgoing call;
    if (one.uploads) {
        call.method = "PUT";
        call.body = std::string(100'000, 'x');
    }
    call.options.until = rig.in(150ms);
    EXPECT_TRUE(failed_as(rig.send(where, std::move(call)), timeout, true));
    if (one.connection == then::is_there_still) {
        EXPECT_EQ(rig.client->look(*where).busy, 1U);
        server.go_on();
        ASSERT_TRUE(rig.run_until([&] { return rig.client->look(*where).busy == 0; }));
    }
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), one.connection == then::is_kept ? 1U : 2U);
}

INSTANTIATE_TEST_SUITE_P(all, http2_stall, ::testing::ValuesIn(stalls()),
                         [](const auto& info) { return std::string(info.param.name); });

struct flood_row {
    const char* name;
    std::string first;
    std::string again;  ///< without end
};

void PrintTo(const flood_row& one, std::ostream* out) {
    *out << one.name;
}

std::vector<flood_row> floods() {
    const std::string s = settings();
    const std::string ok = head(1, status_200);
    const std::string priority(5, '\0');
    return {
        {"settings", s, s},
        {"pings", s, frame(h2::ping, 0, 0, "12345678")},
        {"answers_to_no_ping", s, frame(h2::ping, 1, 0, "12345678")},
        {"goaways", s, goaway(0x7fffffff)},
        {"goaways_with_an_error", s, goaway(1, 2)},
        {"windows", s, window_update(1, 1)},
        {"windows_of_the_connection", s, window_update(0, 1)},
        {"priorities", s, frame(static_cast<h2>(2), 0, 1, priority)},
        {"empty_data", s + ok, body(1, "", 0)},
        {"padding", s + ok, frame(h2::data, 8, 1, std::string("\3\0\0\0", 4))},
        {"interim_answers", s, head(1, field(":status", "103"))},
        {"trailers_without_end", s + ok, head(1, field("x", "y"), 0)},
        {"continuations", s + head(1, status_200, 0), frame(h2::continuation, 0, 1)},
        {"unknown_frames", s, frame(static_cast<h2>(0x42), 0, 0, "12345678")},
        {"resets_of_what_is_over", s, reset_of(1, 8)},
        {"pushes", s,
         frame(h2::push_promise, end_headers, 1,
               number32(2) + "\x82\x86\x84" + field(":authority", "h"))},
    };
}

class http2_flood : public ::testing::TestWithParam<flood_row> {};

// No deadline: the client itself has had enough.
TEST_P(http2_flood, ends_with_an_error_and_the_next_call_is_served) {
    const flood_row& one = GetParam();
    misbehaving_server server({after_request(one.first).send_for_ever(repeated(one.again, 50)),
                               after_request(settings() + answer_on(1, "next")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    const result<response> got = rig.get(where);
    EXPECT_TRUE(failed_as(got, protocol_error, true) || failed_as(got, connection_lost, true))
        << failed_as(got, protocol_error, true).message();
    ASSERT_TRUE(rig.run_until([&] { return rig.client->look(*where).busy == 0; }))
        << "the flood goes on";
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), 2U);
}

INSTANTIATE_TEST_SUITE_P(all, http2_flood, ::testing::ValuesIn(floods()),
                         [](const auto& info) { return std::string(info.param.name); });

// Each connection is taken back as soon as it is used.
TEST(http2_goaway_storm, ends_after_one_more_try) {
    misbehaving_server server(after_request(settings() + goaway(0)).to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int i = 0; i < 20; ++i)
        calls.push_back(rig.start(where));
    for (const auto& call : calls) {
        ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
        EXPECT_TRUE(failed_as(*call->outcome, connection_lost, false));
    }
    EXPECT_LE(server.connections(), 40U) << "two tries each at most";
    server.from_now_on(after_request(settings() + answer_on(1, "next")).to_end());
    pool.expect(where, server, "next");
}

// The server reads nothing of what it is sent, but answers nothing either.
TEST(http2_slow_reader, costs_the_deadline) {
    misbehaving_server server(
        {script()
             .send(window_of_streams(0x7fffffff) + window_update(0, 0x7fff0000 - 0xffff))
             .until_told(),
         after_request(settings() + answer_on(1, "next")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    outgoing put;
    put.method = "PUT";
    put.body = std::string(std::size_t{20} << 20, 'x');
    put.options.until = rig.in(200ms);
    EXPECT_TRUE(failed_as(rig.send(where, std::move(put)), timeout, true));
    server.go_on();
    ASSERT_TRUE(rig.run_until([&] { return rig.client->look(*where).busy == 0; }));
    pool.expect(where, server, "next");
}

}  // namespace
}  // namespace symphony::test_support
