#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/misbehaving_server.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

using enum error_kind;

constexpr const char* ok = "HTTP/1.1 200 OK\r\n";

struct row {
    const char* name;
    script what;
    error_kind kind;
    std::optional<bool> maybe_sent = true;  ///< nothing: depends on who is quicker
};

void PrintTo(const row& one, std::ostream* out) {
    *out << one.name;
}

std::string chunked(const std::string& body) {
    return std::string(ok) + "Transfer-Encoding: chunked\r\n\r\n" + body;
}

script reply(std::string text) {
    return script().head().send(std::move(text)).to_end();
}

script reply_and_close(std::string text) {
    return script().head().send(std::move(text));
}

script reply_and_reset(std::string text) {
    return script().head().send(std::move(text)).break_off();
}

std::vector<row> broken_connections() {
    return {
        {"closes_before_the_request", script(), connection_lost, std::nullopt},
        {"resets_within_the_request", script().bytes(10).break_off(), connection_lost, true},
        {"closes_after_the_request", script().head(), connection_lost},
        {"resets_after_the_request", script().head().break_off(), connection_lost},
        {"ends_its_side_after_the_request", script().head().end_sending().to_end(),
         connection_lost},
        {"closes_in_the_status_line", reply_and_close("HTTP/1.1 20"), connection_lost},
        {"closes_in_the_head", reply_and_close("HTTP/1.1 200 OK\r\nServer: x\r\n"),
         connection_lost},
        {"resets_in_the_head", reply_and_reset("HTTP/1.1 200 OK\r\nServer: x\r\n"),
         connection_lost},
        {"closes_after_100", reply_and_close("HTTP/1.1 100 Continue\r\n\r\n"), connection_lost},
        {"closes_in_the_body", reply_and_close(ok + std::string("Content-Length: 9\r\n\r\nshort")),
         connection_lost},
        {"resets_in_the_body", reply_and_reset(ok + std::string("Content-Length: 9\r\n\r\nshort")),
         connection_lost},
        {"resets_a_body_without_length", reply_and_reset(ok + std::string("\r\nsome text")),
         connection_lost},
        {"closes_before_a_chunk", reply_and_close(chunked("")), connection_lost},
        {"closes_in_a_chunk", reply_and_close(chunked("9\r\nshort")), connection_lost},
        {"closes_before_the_last_chunk", reply_and_close(chunked("5\r\nshort\r\n")),
         connection_lost},
        {"closes_in_the_last_chunk", reply_and_close(chunked("5\r\nshort\r\n0\r\n")),
         connection_lost},
    };
}

std::vector<row> broken_heads() {
    return {
        {"noise", reply("\x01\x02\x03\xff\r\n\r\n"), protocol_error},
        {"another_protocol", reply("220 mail.test ESMTP\r\n\r\n"), protocol_error},
        {"http_2", reply("HTTP/2 200\r\n\r\n"), protocol_error},
        {"no_status", reply("HTTP/1.1 OK\r\n\r\n"), protocol_error},
        {"status_too_short", reply("HTTP/1.1 20\r\n\r\n"), protocol_error},
        {"status_too_long", reply("HTTP/1.1 2000 OK\r\n\r\n"), protocol_error},
        {"status_negative", reply("HTTP/1.1 -20 OK\r\n\r\n"), protocol_error},
        {"status_below_100", reply("HTTP/1.1 099 OK\r\n\r\n"), protocol_error},
        {"field_without_colon", reply(ok + std::string("nonsense\r\n\r\n")), protocol_error},
        {"field_without_name", reply(ok + std::string(": x\r\n\r\n")), protocol_error},
        {"space_before_the_colon", reply(ok + std::string("Content-Length : 0\r\n\r\n")),
         protocol_error},
        {"folded_line", reply(ok + std::string("a: b\r\n c\r\n\r\n")), protocol_error},
        {"control_in_a_field", reply(ok + std::string("a: b\x01\r\n\r\n")), protocol_error},
        {"bare_return_in_a_field", reply(ok + std::string("a: b\rc: d\r\n\r\n")), protocol_error},
        {"length_negative", reply(ok + std::string("Content-Length: -1\r\n\r\n")), protocol_error},
        {"length_signed", reply(ok + std::string("Content-Length: +1\r\n\r\n1")), protocol_error},
        {"length_hexadecimal", reply(ok + std::string("Content-Length: 0x10\r\n\r\n")),
         protocol_error},
        {"length_beyond_64_bits",
         reply(ok + std::string("Content-Length: 99999999999999999999\r\n\r\n")), protocol_error},
        {"lengths_that_differ",
         reply(ok + std::string("Content-Length: 1\r\nContent-Length: 2\r\n\r\n12")),
         protocol_error},
        {"length_and_chunks",
         reply(ok +
               std::string("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
         protocol_error},
        {"unknown_coding", reply(ok + std::string("Transfer-Encoding: gzip\r\n\r\n")),
         protocol_error},
        {"switches_protocols", reply("HTTP/1.1 101 Switching Protocols\r\n\r\n"), protocol_error},
    };
}

std::vector<row> broken_bodies() {
    return {
        {"chunk_size_no_number", reply(chunked("zz\r\n")), protocol_error},
        {"chunk_size_negative", reply(chunked("-5\r\nshort\r\n")), protocol_error},
        {"chunk_size_empty", reply(chunked("\r\n")), protocol_error},
        {"chunk_size_prefixed", reply(chunked("0x5\r\nshort\r\n")), protocol_error},
        {"chunk_size_beyond_64_bits", reply(chunked("FFFFFFFFFFFFFFFFF\r\n")), protocol_error},
        {"chunk_longer_than_said", reply(chunked("5\r\nlonger\r\n")), protocol_error},
        {"chunk_with_bare_line_feed", reply(chunked("5\nshort\n0\n\n")), protocol_error},
        {"chunk_extension_without_end",
         script().head().send(chunked("5;x=")).send_for_ever(std::string(4096, 'x')),
         protocol_error},
        {"trailer_without_end",
         script().head().send(chunked("0\r\n")).send_for_ever("x-filler: yes\r\n"), protocol_error},
    };
}

std::vector<row> too_much() {
    return {
        {"head_without_end", script().head().send(ok).send_for_ever("x-filler: yes\r\n"),
         response_too_large},
        {"line_without_end", script().head().send_for_ever(std::string(4096, 'x')),
         response_too_large},
        {"line_without_end_dripped",
         script().head().send_in_pieces(std::string(5000, 'x')).to_end(), response_too_large},
        {"interim_answers_without_end",
         script().head().send_for_ever("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
         protocol_error},
        {"length_beyond_the_bound", reply(ok + std::string("Content-Length: 10001\r\n\r\n")),
         response_too_large},
        {"length_absurd", reply(ok + std::string("Content-Length: 18446744073709551615\r\n\r\n")),
         response_too_large},
        {"chunks_without_end", script().head().send(chunked("")).send_for_ever("5\r\nmore.\r\n"),
         response_too_large},
        {"chunk_absurd", script().head().send(chunked("7FFFFFFFFFFFFFF\r\n")).send_for_ever("more"),
         response_too_large},
        {"body_without_length_or_end",
         script().head().send(ok + std::string("\r\n")).send_for_ever(std::string(4096, 'x')),
         response_too_large},
    };
}

// Every row: the error is the right one, what is known of the sending is right, and nobody gets the
// connection afterwards: the next call is served on a new one.
class misbehaviour : public ::testing::TestWithParam<row> {};

TEST_P(misbehaviour, is_an_error_and_ends_the_connection) {
    const row& one = GetParam();
    const misbehaving_server server({one.what, script().head().send(answer("good")).to_end()});
    limit_options limits;
    limits.max_response_bytes = 10'000;
    limits.max_header_bytes = 4096;
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port(), {}, {}, limits);
    EXPECT_TRUE(failed_as(rig.get(where), one.kind, one.maybe_sent));
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
    EXPECT_TRUE(server.wait_until_finished(0)) << "the client holds on to the connection";

    pool.expect(where, server, "good");
    EXPECT_EQ(server.connections(), 2U);
}

constexpr auto name_of = [](const auto& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(connection, misbehaviour, ::testing::ValuesIn(broken_connections()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(head, misbehaviour, ::testing::ValuesIn(broken_heads()), name_of);
INSTANTIATE_TEST_SUITE_P(body, misbehaviour, ::testing::ValuesIn(broken_bodies()), name_of);
INSTANTIATE_TEST_SUITE_P(size, misbehaviour, ::testing::ValuesIn(too_much()), name_of);

// So early that it may still count as no connection at all.
TEST(early_misbehaviour, a_reset_before_the_request_is_an_error_too) {
    const misbehaving_server server(
        {script().break_off(), script().head().send(answer("good")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    const result<response> got = rig.get(where);
    EXPECT_TRUE(failed_as(got, connection_lost) || failed_as(got, connect_failed, false));
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    pool.expect(where, server, "good");
}

// What is odd and yet an answer.
struct odd_row {
    const char* name;
    script what;
    const char* body;
    bool reused;
};

void PrintTo(const odd_row& one, std::ostream* out) {
    *out << one.name;
}

std::vector<odd_row> oddities() {
    const std::string four = "Content-Length: 4\r\n\r\nfour";
    const auto served = [](std::string text) {
        return script().head().send(std::move(text)).head().send(answer("again")).to_end();
    };
    return {
        {"byte_by_byte",
         script().head().send_in_pieces(answer("four")).head().send(answer("again")).to_end(),
         "four", true},
        {"chunks_byte_by_byte",
         script()
             .head()
             .send_in_pieces(chunked("2;x=\"y\"\r\nfo\r\n2\r\nur\r\n0\r\nTrailer: z\r\n\r\n"))
             .head()
             .send(answer("again"))
             .to_end(),
         "four", true},
        {"no_reason", served("HTTP/1.1 200\r\n" + four), "four", true},
        {"reason_outside_ascii", served("HTTP/1.1 200 \xC3\xBC\r\n" + four), "four", true},
        {"interim_answers_before",
         served("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\na: b\r\n\r\n" +
                answer("four")),
         "four", true},
        {"equal_lengths", served(ok + std::string("Content-Length: 4\r\n") + four), "four", true},
        {"coding_in_capitals",
         served(ok + std::string("TRANSFER-ENCODING: Chunked\r\n\r\n"
                                 "4\r\nfour\r\n0\r\n\r\n")),
         "four", true},
        {"empty_body", served(answer("")), "", true},
        {"no_content_with_length", served("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n"),
         "", true},
        {"until_the_end", reply_and_close(ok + std::string("\r\nfour")), "four", false},
        {"until_the_end_and_empty", reply_and_close(ok + std::string("\r\n")), "", false},
        {"old_version", reply("HTTP/1.0 200 OK\r\n" + four), "four", false},
        {"old_version_kept_alive", served("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + four),
         "four", true},
        {"close_among_other_words",
         reply(ok + std::string("Connection: upgrade, Close\r\n") + four), "four", false},
        {"more_than_was_asked_for", reply(answer("four") + answer("unasked")), "four", false},
        {"noise_behind_the_answer", reply(answer("four") + "noise"), "four", false},
        {"answer_before_the_request",
         script().send(answer("four")).head().head().send(answer("again")).to_end(), "four", true},
    };
}

class oddity : public ::testing::TestWithParam<odd_row> {};

TEST_P(oddity, is_an_answer) {
    const odd_row& one = GetParam();
    const misbehaving_server server({one.what, script().head().send(answer("new")).to_end()});
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(server.port());
    const result<response> got = rig.get(where);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->body, one.body);
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_EQ(rig.client->look(*where).idle, one.reused ? 1U : 0U);
    pool.expect(where, server, one.reused ? "again" : "new");
}

INSTANTIATE_TEST_SUITE_P(answers, oddity, ::testing::ValuesIn(oddities()), name_of);

}  // namespace
}  // namespace symphony::test_support
