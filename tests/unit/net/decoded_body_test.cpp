#include "net/decoded_body.hpp"

#include "support/awaited.hpp"
#include "support/encoders.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace symphony::net::detail {
namespace {

using namespace std::chrono_literals;
using namespace test_support;
using testing::memory_body;

std::vector<std::string> in_pieces(std::string_view text, std::size_t size) {
    std::vector<std::string> pieces;
    for (; !text.empty(); text.remove_prefix(std::min(size, text.size())))
        pieces.emplace_back(text.substr(0, size));
    return pieces;
}

decoder_chain gunzip() {
    content_codings codings;
    EXPECT_TRUE(codings.add(content_coding::gzip));
    return {codings, 200};
}

result<std::string> read_all(body_source& from) {
    std::string text;
    for (;;) {
        const auto piece = awaited(from.read());
        if (!piece) return std::unexpected(piece.error());
        if (piece->empty()) return text;
        text += *piece;
    }
}

TEST(decoded_body, decodes_what_was_read_before_and_the_rest) {
    const std::string text = sample_text(300'000);
    const std::string coded = gzip(text);
    for (const std::size_t read_before : {std::size_t{0}, std::size_t{10}, coded.size()}) {
        auto rest = std::make_unique<memory_body>(
            in_pieces(std::string_view(coded).substr(read_before), 777));
        decoded_body body(gunzip(), coded.substr(0, read_before), std::move(rest));
        EXPECT_EQ(body.size(), std::nullopt);
        const auto got = read_all(body);
        ASSERT_TRUE(got) << got.error().message;
        EXPECT_TRUE(*got == text);
        EXPECT_EQ(awaited(body.read()), "") << "the end stays the end";
    }
    decoded_body whole(gunzip(), coded, nullptr);
    EXPECT_TRUE(read_all(whole) == text);
}

TEST(decoded_body, reads_no_more_before_what_there_is_was_taken) {
    const std::string text(900'000, 'x');
    auto rest = std::make_unique<memory_body>(in_pieces(gzip(text), 400));
    const memory_body& origin = *rest;
    decoded_body body(gunzip(), {}, std::move(rest));
    ASSERT_TRUE(awaited(body.read()));
    EXPECT_EQ(origin.reads(), 1U);
    ASSERT_TRUE(awaited(body.read()));
    EXPECT_EQ(origin.reads(), 1U) << "400 bytes are more than two pieces";
}

TEST(decoded_body, passes_the_error_of_its_origin_on_and_keeps_it) {
    const error lost{error_kind::connection_lost, "scripted"};
    auto rest = std::make_unique<memory_body>(in_pieces(gzip(sample_text(5000)), 100), lost);
    decoded_body body(gunzip(), {}, std::move(rest));
    const auto got = read_all(body);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::connection_lost);
    EXPECT_EQ(awaited(body.read()).error().kind, error_kind::connection_lost);
}

TEST(decoded_body, gives_what_was_sound_and_then_the_fault) {
    const std::string text = sample_text(5000);
    const std::string coded = gzip(text);
    decoded_body body(gunzip(), coded.substr(0, coded.size() - 4), nullptr);
    EXPECT_EQ(awaited(body.read()), text);
    const auto got = awaited(body.read());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::protocol_error);
    EXPECT_FALSE(awaited(body.read()));
}

class decode_answer_test : public ::testing::Test {
protected:
    [[nodiscard]] static result<response> coded_answer(std::string body, std::string_view coding,
                                                       int status = 200) {
        response made;
        made.status = status;
        made.fields = {{"content-type", "text/plain"}};
        EXPECT_TRUE(made.fields.add("content-encoding", coding));
        EXPECT_TRUE(made.fields.add("content-length", std::to_string(body.size())));
        made.body = std::move(body);
        return made;
    }
    boost::asio::awaitable<bool> run(result<response>& answer) {
        co_await decode_answer(*where, request, options, time, answer);
        co_return true;
    }
    void decode(result<response>& answer) { awaited(run(answer)); }

    testing::manual_clock time;
    limit_options limits{.max_response_bytes = 100'000};
    std::shared_ptr<const destination> where =
        *destination::make(*url::parse("http://api.test"), {}, {}, limits);
    wire_request request;
    send_options options;
};

TEST_F(decode_answer_test, takes_off_the_codings_and_the_fields_that_spoke_of_them) {
    const std::string text = sample_text(50'000);
    result<response> answer = coded_answer(brotli(text), "br");
    decode(answer);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->body == text);
    EXPECT_FALSE(answer->fields.contains("content-encoding"));
    EXPECT_FALSE(answer->fields.contains("content-length"));
    EXPECT_TRUE(answer->fields.contains("content-type"));
}

TEST_F(decode_answer_test, leaves_alone_what_has_no_whole_body) {
    for (const int status : {204, 206, 304}) {
        result<response> answer = coded_answer("part", "gzip", status);
        decode(answer);
        ASSERT_TRUE(answer) << status;
        EXPECT_EQ(answer->body, "part");
        EXPECT_EQ(answer->fields.get("content-encoding"), "gzip");
    }
    request.method = "HEAD";
    result<response> answer = coded_answer("", "gzip");
    decode(answer);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->fields.get("content-encoding"), "gzip");
    EXPECT_EQ(answer->fields.get("content-length"), "0");
}

TEST_F(decode_answer_test, leaves_alone_what_it_cannot_decode) {
    for (const char* const coding : {"compress", "gzip, gzip, gzip", "identity"}) {
        result<response> answer = coded_answer("as it came", coding);
        decode(answer);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->body, "as it came");
        EXPECT_EQ(answer->fields.get("content-encoding"), coding);
        EXPECT_TRUE(answer->fields.contains("content-length"));
    }
}

TEST_F(decode_answer_test, an_empty_body_stays_empty) {
    result<response> answer = coded_answer("", "zstd");
    decode(answer);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "");
}

TEST_F(decode_answer_test, bounds_the_decoded_size_of_a_buffered_body) {
    result<response> fits = coded_answer(gzip(std::string(100'000, 'x')), "gzip");
    decode(fits);
    ASSERT_TRUE(fits) << fits.error().message;
    EXPECT_EQ(fits->body.size(), 100'000U);
    result<response> large = coded_answer(gzip(std::string(100'001, 'x')), "gzip");
    decode(large);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().kind, error_kind::response_too_large);
    EXPECT_TRUE(large.error().maybe_sent);
}

TEST_F(decode_answer_test, streams_what_was_asked_for_as_a_stream) {
    options.stream_response = true;
    const std::string text = sample_text(200'000);
    result<response> answer = coded_answer(gzip(text), "gzip");
    decode(answer);
    ASSERT_TRUE(answer);
    ASSERT_NE(answer->stream, nullptr);
    EXPECT_EQ(answer->body, "");
    EXPECT_TRUE(read_all(*answer->stream) == text);
}

TEST_F(decode_answer_test, the_deadline_holds_while_a_large_body_is_decoded) {
    limits.max_response_bytes = std::size_t{8} << 20;
    where = *destination::make(*url::parse("http://api.test"), {}, {}, limits);
    options.until = deadline::after(time.now(), 1s);
    const std::string coded = gzip(sample_text(std::size_t{4} << 20));
    result<response> in_time = coded_answer(coded, "gzip");
    decode(in_time);
    ASSERT_TRUE(in_time) << in_time.error().message;
    time.advance(2s);
    result<response> late = coded_answer(coded, "gzip");
    decode(late);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, error_kind::timeout);
    EXPECT_THAT(late.error().message, ::testing::HasSubstr("decoding the answer of api.test"));
}

}  // namespace
}  // namespace symphony::net::detail
