#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/http2_frames.hpp"
#include "support/misbehaving_server.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

// Servers that break HTTP/2: what the call gets, and that the next one is served.

namespace symphony::test_support {
namespace {

using enum error_kind;

limit_options small() {
    limit_options made;
    made.max_header_bytes = 2048;
    made.max_response_bytes = 1000;
    return made;
}

struct row {
    const char* name;
    std::string text;  ///< what the server sends after the request
    error_kind kind;
    bool keeps_connection = false;
    std::optional<bool> maybe_sent = true;
    bool closes = false;  ///< after the text
};

void PrintTo(const row& one, std::ostream* out) {
    *out << one.name;
}

std::string ok_head(const std::string& more, std::uint8_t flags = end_headers) {
    return head(1, status_200 + more, flags);
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

std::vector<row> faults() {
    const std::string s = settings();
    const std::string big(120, 'x');
    return {
        {"closes_at_once", "", connection_lost, false, true, true},
        {"closes_after_its_settings", s, connection_lost, false, true, true},
        {"noise", std::string(200, '\x7f'), protocol_error},
        {"http_1", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", protocol_error},
        {"no_settings_first", answer_on(1, "x"), protocol_error},
        {"closes_in_the_head", s + ok_head("").substr(0, 9), connection_lost, false, true, true},
        {"closes_before_the_body", s + ok_head(""), connection_lost, false, true, true},
        {"closes_in_the_body", s + ok_head("") + body(1, "part", 0), connection_lost, false, true,
         true},
        {"resets_the_stream", s + reset_of(1, 2), connection_lost, true},
        {"cancels_the_stream", s + reset_of(1, 8), connection_lost, true},
        {"resets_in_the_body", s + ok_head("") + body(1, "part", 0) + reset_of(1, 2),
         connection_lost, true},
        {"wants_http_1", s + reset_of(1, 13), protocol_error, true},
        {"no_status", s + head(1, field("server", "x"), end_headers | end_stream), protocol_error,
         true},
        {"two_statuses", s + head(1, status_200 + status_200, end_headers | end_stream),
         protocol_error, true},
        {"capitals_in_a_name", s + ok_head(field("Server", "x"), end_headers | end_stream),
         protocol_error, true},
        {"a_line_break_in_a_value", s + ok_head(field("x", "a\r\nb"), end_headers | end_stream),
         protocol_error, true},
        {"a_field_of_http_1", s + ok_head(field("connection", "close"), end_headers | end_stream),
         protocol_error, true},
        {"more_than_its_length", s + ok_head(field("content-length", "3")) + body(1, "four"),
         protocol_error, true},
        {"less_than_its_length", s + ok_head(field("content-length", "9")) + body(1, "four"),
         protocol_error, true},
        {"switching_protocols", s + head(1, field(":status", "101")), protocol_error, true},
        {"endless_interim_answers", s + repeated(head(1, field(":status", "103")), 40),
         protocol_error, true},
        {"a_body_before_the_head", s + body(1, "x"), protocol_error},
        {"a_long_head", s + ok_head(repeated(field("x", big), 20), end_headers | end_stream),
         response_too_large, true},
        {"a_long_body", s + ok_head("") + body(1, std::string(1001, 'x')), response_too_large,
         true},
        {"a_long_body_foretold", s + ok_head(field("content-length", "1001")), response_too_large,
         true},
        {"endless_continuations",
         s + head(1, status_200, 0) + repeated(frame(h2::continuation, 0, 1, field("x", big)), 400),
         protocol_error},
        {"empty_continuations",
         s + head(1, status_200, 0) + repeated(frame(h2::continuation, 0, 1), 5000), protocol_error,
         false},
        {"a_frame_too_long", s + frame(h2::data, 0, 1, std::string(16'385, 'x')), protocol_error},
        {"a_stream_nobody_began", s + answer_on(7, "x"), protocol_error},
        {"a_stream_of_the_servers", s + head(2, status_200), protocol_error},
        {"bad_compression", s + head(1, "\xff\xff\xff\xff\xff\xff\xff\xff"), protocol_error},
        {"an_impossible_window", settings(std::string("\0\4", 2) + number32(0x80000000U)),
         protocol_error},
        {"a_window_of_no_bytes", s + frame(h2::window_update, 0, 0, number32(0)), protocol_error},
        {"a_window_beyond_all", s + frame(h2::window_update, 0, 0, number32(0x7fffffffU)),
         protocol_error},
        {"a_short_ping", s + frame(h2::ping, 0, 0, "1234"), protocol_error},
        {"a_flood_of_empty_data", s + ok_head("") + repeated(body(1, "", 0), 11'000),
         protocol_error},
        {"a_flood_of_priorities",
         s + repeated(frame(static_cast<h2>(2), 0, 1, std::string(5, '\0')), 11'000),
         protocol_error},
    };
}

class http2_fault : public ::testing::TestWithParam<row> {};

TEST_P(http2_fault, is_one_error_and_the_next_call_is_served) {
    const row& one = GetParam();
    script first = after_request(one.text);
    if (!one.closes) {
        // The second request on it, where it lives on.
        if (one.keeps_connection) first.text(request_on(3)).send(answer_on(3, "next"));
        first.to_end();
    }
    misbehaving_server server({first, after_request(settings() + answer_on(1, "next")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only(), small());
    outgoing call;
    call.options.until = rig.in(std::chrono::seconds(15));
    EXPECT_TRUE(failed_as(rig.send(where, std::move(call)), one.kind, one.maybe_sent));
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), one.keeps_connection ? 1U : 2U);
}

INSTANTIATE_TEST_SUITE_P(all, http2_fault, ::testing::ValuesIn(faults()),
                         [](const auto& info) { return std::string(info.param.name); });

struct replay_row {
    const char* name;
    std::string text;
    bool same_connection;
};

void PrintTo(const replay_row& one, std::ostream* out) {
    *out << one.name;
}

class http2_replay : public ::testing::TestWithParam<replay_row> {};

// What the server has provably not looked at goes out once more.
TEST_P(http2_replay, goes_out_once_more) {
    const replay_row& one = GetParam();
    script first = after_request(one.text);
    script second = after_request(settings() + answer_on(1, "again"));
    if (one.same_connection) {
        first.text(request_on(3)).send(answer_on(3, "again"));
        first.text(request_on(5)).send(answer_on(5, "next"));
    } else {
        second.text(request_on(3)).send(answer_on(3, "next"));
    }
    misbehaving_server server({first.to_end(), second.to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, http2_only());
    outgoing call;
    const auto sent = rig.start(where, std::move(call));
    ASSERT_TRUE(rig.run_until([&] { return sent->outcome.has_value(); }));
    const result<response>& got = *sent->outcome;
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "again");
    pool.expect(where, server, "next");
    EXPECT_EQ(server.connections(), one.same_connection ? 1U : 2U);
}

INSTANTIATE_TEST_SUITE_P(
    all, http2_replay,
    ::testing::Values(replay_row{"after_a_goaway", settings() + goaway(0), false},
                      replay_row{"after_a_goaway_with_an_error", settings() + goaway(0, 2), false},
                      replay_row{"after_a_refusal", settings() + reset_of(1, 7), true}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace symphony::test_support
