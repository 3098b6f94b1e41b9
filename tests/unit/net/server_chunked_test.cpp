#include "net/server_chunked.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony::net::detail {
namespace {

using std::string_view_literals::operator""sv;

struct decoded {
    std::string body;
    std::size_t consumed = 0;
    bool done = false;
    bool failed = false;
};

void feed(chunk_decoder& decoder, std::string_view input, decoded& into) {
    for (;;) {
        const chunk_decoder::step step = decoder.next(input);
        into.body += step.piece;
        into.consumed += step.consumed;
        input.remove_prefix(step.consumed);
        if (step.piece.empty()) break;
    }
    into.done = decoder.done();
    into.failed = decoder.failed();
}

decoded decode(std::string_view input, std::size_t split = 0) {
    chunk_decoder decoder;
    decoded result;
    feed(decoder, input.substr(0, split), result);
    if (!result.done && !result.failed) feed(decoder, input.substr(split), result);
    return result;
}

TEST(chunk_decoder, decodes_however_it_arrives) {
    constexpr std::string_view input =
        "5\r\nhello\r\n00A;name=\"v\"\r\n0123456789\r\n0;last\r\nX: y\r\nZ:\r\n\r\nGET";
    for (std::size_t split = 0; split <= input.size(); ++split) {
        const decoded got = decode(input, split);
        ASSERT_TRUE(got.done) << split;
        EXPECT_EQ(got.body, "hello0123456789");
        EXPECT_EQ(got.consumed, input.size() - 3);
    }
}

TEST(chunk_decoder, waits_for_what_is_missing) {
    constexpr std::string_view input = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
    for (std::size_t size = 0; size < input.size(); ++size) {
        const decoded got = decode(input.substr(0, size));
        EXPECT_FALSE(got.done || got.failed) << size;
    }
}

TEST(chunk_decoder, refuses_bad_coding_however_it_arrives) {
    for (const std::string_view input : {"\r\n"sv,
                                         "g\r\n"sv,
                                         " 5\r\nhello"sv,
                                         "5 \r\nhello"sv,
                                         "-5\r\nhello"sv,
                                         "+5\r\n"sv,
                                         "0x5\r\nhello"sv,
                                         "5\nhello"sv,
                                         "5\r\rhello"sv,
                                         "5\r\nhello\n"sv,
                                         "5\r\nhelloX\r\n"sv,
                                         "5\r\nhello\rX"sv,
                                         "5;a\nb\r\nhello"sv,
                                         "5;a\rb\r\nhello"sv,
                                         "5;a\0b\r\n"sv,
                                         "1234567890abcdef\r\n"sv,
                                         "0000000000000005\r\nhello"sv,
                                         ";a\r\n"sv,
                                         "0\r\n\n"sv,
                                         "0\r\n\rX"sv,
                                         "0\r\n a: b\r\n\r\n"sv,
                                         "0\r\n: b\r\n\r\n"sv,
                                         "0\r\na: b\n\r\n"sv,
                                         "0\r\na: \0b\r\n\r\n"sv}) {
        for (std::size_t split = 0; split <= input.size(); ++split)
            EXPECT_TRUE(decode(input, split).failed) << input << " at " << split;
    }
}

TEST(chunk_decoder, bounds_what_is_not_body) {
    EXPECT_TRUE(decode("1;" + std::string(16'000, 'a') + "\r\nb\r\n0\r\n\r\n").done);
    EXPECT_TRUE(decode("1;" + std::string(17'000, 'a') + "\r\nb\r\n0\r\n\r\n").failed);
    EXPECT_TRUE(decode("0\r\nx: " + std::string(17'000, 'a') + "\r\n\r\n").failed);
    std::string many;
    for (int i = 0; i < 50'000; ++i)
        many += "1\r\nx\r\n";
    EXPECT_EQ(decode(many + "0\r\n\r\n").body.size(), 50'000U);
}

}  // namespace
}  // namespace symphony::net::detail
