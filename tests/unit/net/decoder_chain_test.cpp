#include "net/decoder_chain.hpp"

#include "support/encoders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

namespace symphony::net::detail {
namespace {

using namespace test_support;

constexpr std::uint64_t usual_ratio = 200;

content_codings codings_of(std::initializer_list<content_coding> list) {
    content_codings codings;
    for (const content_coding one : list)
        EXPECT_TRUE(codings.add(one));
    return codings;
}

struct pieces {
    std::size_t in;
    std::size_t out;
};

// The whole of `coded` in pieces of one size, into pieces of another.
result<std::string> decode(const content_codings& codings, std::string_view coded,
                           pieces sizes = {4096, 4096}, std::uint64_t ratio = usual_ratio) {
    decoder_chain decoding(codings, ratio);
    std::string text;
    std::string piece(sizes.out, '\0');
    while (!coded.empty()) {
        std::string_view input = coded.substr(0, sizes.in);
        coded.remove_prefix(input.size());
        for (;;) {
            const auto step = decoding.decode(input, piece);
            if (!step) return std::unexpected(step.error());
            input.remove_prefix(step->consumed);
            if (step->produced == 0) break;
            text.append(piece, 0, step->produced);
        }
        EXPECT_TRUE(input.empty());
    }
    if (const auto done = decoding.finish(); !done) return std::unexpected(done.error());
    return text;
}

struct coded_case {
    const char* name;
    content_coding coding;
    std::string (*encode)(std::string_view);
};

std::string as_gzip(std::string_view text) {
    return gzip(text);
}
std::string as_zstd(std::string_view text) {
    return zstd(text);
}

class each_coding : public ::testing::TestWithParam<coded_case> {
protected:
    [[nodiscard]] std::string encode(std::string_view text) const {
        return GetParam().encode(text);
    }
    content_codings codings = codings_of({GetParam().coding});
};

INSTANTIATE_TEST_SUITE_P(all, each_coding,
                         ::testing::Values(coded_case{"gzip", content_coding::gzip, as_gzip},
                                           coded_case{"zlib", content_coding::deflate, zlib},
                                           coded_case{"raw_deflate", content_coding::deflate,
                                                      raw_deflate},
                                           coded_case{"br", content_coding::br, brotli},
                                           coded_case{"zstd", content_coding::zstd, as_zstd}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(each_coding, gives_the_text_whatever_pieces_it_comes_and_goes_in) {
    for (const std::size_t size : {0U, 1U, 2U, 100U, 5000U, 70'000U}) {
        const std::string text = sample_text(size);
        const std::string coded = encode(text);
        for (const pieces sizes :
             {pieces{1, 1}, {1, 4096}, {4096, 1}, {2, 3}, {7, 5}, {4096, 4096}, {100'000, 33}}) {
            const auto got = decode(codings, coded, sizes);
            ASSERT_TRUE(got) << size << ": " << got.error().message;
            EXPECT_TRUE(*got == text) << size << " in " << sizes.in << ", out " << sizes.out;
        }
    }
}

TEST_P(each_coding, a_body_of_no_bytes_is_an_empty_one) {
    EXPECT_EQ(decode(codings, ""), "");
}

TEST_P(each_coding, a_body_that_ends_early_is_refused_wherever_it_ends) {
    const std::string coded = encode(sample_text(3000));
    for (std::size_t size = 1; size < coded.size(); ++size) {
        const auto got = decode(codings, coded.substr(0, size));
        ASSERT_FALSE(got) << size << " of " << coded.size();
        EXPECT_EQ(got.error().kind, error_kind::protocol_error);
        EXPECT_TRUE(got.error().maybe_sent);
        EXPECT_THAT(got.error().message, ::testing::HasSubstr("coding"));
    }
}

TEST_P(each_coding, text_that_is_not_coded_is_refused) {
    const auto got = decode(codings, "<html><body>This is no coded answer</body></html>");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::protocol_error);
}

TEST_P(each_coding, bytes_behind_the_end_are_refused) {
    for (const pieces sizes : {pieces{1, 4096}, {4096, 4096}}) {
        const auto got = decode(codings, encode("text") + "garbage", sizes);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().kind, error_kind::protocol_error);
    }
}

TEST_P(each_coding, no_flipped_bit_does_harm) {
    const std::string text = sample_text(2000);
    const std::string coded = encode(text);
    for (std::size_t at = 0; at < coded.size(); ++at) {
        std::string broken = coded;
        broken[at] = static_cast<char>(broken[at] ^ 1 << at % 8);
        const auto got = decode(codings, broken);
        if (!got) EXPECT_NE(got.error().kind, error_kind::internal);
    }
}

TEST_P(each_coding, a_bomb_is_refused_before_it_goes_off) {
    const std::string coded = encode(std::string(std::size_t{64} << 20, '\0'));
    decoder_chain decoding(codings, usual_ratio);
    std::string piece(4096, '\0');
    std::string_view input = coded;
    std::size_t total = 0;
    for (;;) {
        const auto step = decoding.decode(input, piece);
        if (!step) {
            EXPECT_EQ(step.error().kind, error_kind::response_too_large);
            EXPECT_TRUE(step.error().maybe_sent);
            break;
        }
        ASSERT_GT(step->produced, 0U) << "the bomb went off";
        input.remove_prefix(step->consumed);
        total += step->produced;
    }
    EXPECT_LE(total, std::max<std::size_t>(decoder_chain::free_bytes, coded.size() * usual_ratio));
}

TEST_P(each_coding, the_bound_can_be_taken_away) {
    const std::string zeros(std::size_t{4} << 20, '\0');
    const auto got = decode(codings, encode(zeros), {4096, 65'536}, 0);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(*got == zeros);
}

TEST_P(each_coding, a_small_body_of_one_byte_again_and_again_is_no_bomb) {
    const std::string zeros(std::size_t{1} << 20, '0');
    const auto got = decode(codings, encode(zeros));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(*got == zeros);
}

TEST(decoder_chain, undoes_two_codings_from_the_last_to_the_first) {
    const std::string text = sample_text(200'000);
    const auto codings = codings_of({content_coding::gzip, content_coding::br});
    const std::string coded = brotli(gzip(text));
    for (const pieces sizes : {pieces{1, 4096}, {4096, 100}, {coded.size(), 65'536}}) {
        const auto got = decode(codings, coded, sizes);
        ASSERT_TRUE(got) << got.error().message;
        EXPECT_TRUE(*got == text);
    }
    EXPECT_FALSE(decode(codings, gzip(brotli(text))));
    const auto cut = decode(codings, brotli(gzip(text).substr(0, 1000)));
    ASSERT_FALSE(cut);
    EXPECT_THAT(cut.error().message, ::testing::HasSubstr("gzip"));
}

// What a bomb in a bomb swells to on the way counts, though nothing of it is ever given out.
TEST(decoder_chain, refuses_a_bomb_between_two_codings) {
    std::string empty_members;
    while (empty_members.size() < std::size_t{8} << 20)
        empty_members += gzip("");
    const auto got =
        decode(codings_of({content_coding::gzip, content_coding::zstd}), zstd(empty_members));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::response_too_large);
    EXPECT_THAT(got.error().message, ::testing::HasSubstr("zstd"));
}

TEST(decoder_chain, reads_gzip_of_several_members_and_its_padding) {
    const auto codings = codings_of({content_coding::gzip});
    const std::string members = gzip("one, ") + gzip("") + gzip("two");
    for (const std::size_t size : {1U, 3U, 4096U}) {
        EXPECT_EQ(decode(codings, members, {size, 2}), "one, two");
        EXPECT_EQ(decode(codings, members + std::string(10, '\0'), {size, 4096}), "one, two");
        EXPECT_FALSE(decode(codings, members + std::string(3, '\0') + "x", {size, 4096}));
        EXPECT_FALSE(decode(codings, members + gzip("cut").substr(0, 5), {size, 4096}));
    }
}

TEST(decoder_chain, reads_zstd_of_several_frames) {
    const auto codings = codings_of({content_coding::zstd});
    const std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
    for (const std::size_t size : {1U, 5U, 4096U}) {
        EXPECT_EQ(decode(codings, zstd("one, ") + skippable + zstd("two"), {size, 3}), "one, two");
    }
}

// libzstd may know formats from before RFC 8878, by other magic numbers.
TEST(decoder_chain, refuses_the_formats_before_zstd_1) {
    const auto codings = codings_of({content_coding::zstd});
    for (const char version : {'\x1e', '\x22', '\x25', '\x26', '\x27'}) {
        std::string old = zstd("text");
        old[0] = version;
        EXPECT_FALSE(decode(codings, old));
        EXPECT_FALSE(decode(codings, zstd("text") + old, {1, 1}));
    }
}

// RFC 9659: 8 MiB.
TEST(decoder_chain, refuses_a_zstd_window_beyond_the_bound) {
    const auto codings = codings_of({content_coding::zstd});
    const std::string text = sample_text(100'000);
    EXPECT_EQ(decode(codings, zstd(text, 23)), text);
    EXPECT_FALSE(decode(codings, zstd(text, 24)));
}

// An event stream's server flushes after each event and goes on.
TEST(decoder_chain, gives_what_was_flushed_without_waiting_for_more) {
    const std::string first = "event: one\n\n";
    std::string flushed = gzip(first);
    flushed.resize(flushed.size() - 8);  // all but the end of the member
    decoder_chain decoding(codings_of({content_coding::gzip}), usual_ratio);
    std::string piece(100, '\0');
    const auto step = decoding.decode(flushed, piece);
    ASSERT_TRUE(step);
    EXPECT_EQ(piece.substr(0, step->produced), first);
}

std::string read(std::initializer_list<header_view> fields) {
    headers list(fields);
    const auto codings = read_content_encoding(list);
    if (!codings) return "unknown";
    std::string names;
    for (const content_coding one : codings->all())
        names.append(names.empty() ? "" : ",").append(to_string(one));
    return names;
}

TEST(content_encoding, names_known_codings_in_order) {
    EXPECT_EQ(read({}), "");
    EXPECT_EQ(read({{"content-encoding", "gzip"}}), "gzip");
    EXPECT_EQ(read({{"Content-Encoding", "X-GZip"}}), "gzip");
    EXPECT_EQ(read({{"content-encoding", " deflate ,\tBR"}}), "deflate,br");
    EXPECT_EQ(read({{"content-encoding", "gzip"}, {"content-encoding", "zstd"}}), "gzip,zstd");
    EXPECT_EQ(read({{"content-encoding", "identity"}}), "");
    EXPECT_EQ(read({{"content-encoding", ",identity, gzip,,"}}), "gzip");
    EXPECT_EQ(read({{"content-encoding", "compress"}}), "unknown");
    EXPECT_EQ(read({{"content-encoding", "gzip, aes128gcm"}}), "unknown");
    EXPECT_EQ(read({{"content-encoding", "gzip, gzip, gzip"}}), "unknown");
}

}  // namespace
}  // namespace symphony::net::detail
