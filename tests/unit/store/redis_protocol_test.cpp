#include "store/redis_protocol.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace symphony::detail {

namespace {

using namespace std::string_view_literals;
using type = redis_reply::type;

TEST(append_command, writes_an_array_of_bulk_strings) {
    const std::array<std::string_view, 3> words{"SET", "", std::string_view("a\0\r\n", 4)};
    std::string text = "+";
    append_command(text, words);
    EXPECT_EQ(text, "+*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\0\r\n\r\n"sv);
}

TEST(redis_script, is_named_by_its_sha1) {
    EXPECT_EQ(redis_script("return 1").sha1, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST(reply_reader, reads_every_type) {
    reply_reader reader;
    ASSERT_TRUE(reader.feed("+OK\r\n-ERR no\r\n:-12\r\n$-1\r\n$4\r\na\r\nb\r\n*-1\r\n*0\r\n"));
    redis_reply reply;
    ASSERT_TRUE(reader.next(reply));
    EXPECT_EQ(reply.kind, type::status);
    EXPECT_EQ(reply.text, "OK");
    ASSERT_TRUE(reader.next(reply));
    EXPECT_EQ(reply.kind, type::error);
    EXPECT_EQ(reply.text, "ERR no");
    ASSERT_TRUE(reader.next(reply));
    EXPECT_EQ(reply.kind, type::integer);
    EXPECT_EQ(reply.integer, -12);
    EXPECT_TRUE(reply.text.empty());
    ASSERT_TRUE(reader.next(reply));
    EXPECT_EQ(reply.kind, type::nil);
    ASSERT_TRUE(reader.next(reply));
    EXPECT_EQ(reply.kind, type::text);
    EXPECT_EQ(reply.text, "a\r\nb");
    ASSERT_TRUE(reader.next(reply));
    EXPECT_EQ(reply.kind, type::nil);
    ASSERT_TRUE(reader.next(reply));
    EXPECT_EQ(reply.kind, type::array);
    EXPECT_TRUE(reply.items.empty());
    EXPECT_FALSE(reader.next(reply));
    EXPECT_FALSE(reader.broken());
}

TEST(reply_reader, nested_arrays_arrive_byte_by_byte) {
    const std::string text = "*3\r\n*2\r\n:1\r\n*1\r\n+a\r\n$2\r\nbc\r\n*2\r\n:2\r\n:3\r\n";
    reply_reader reader;
    redis_reply reply;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        ASSERT_TRUE(reader.feed(text.substr(i, 1)));
        ASSERT_FALSE(reader.next(reply));
    }
    ASSERT_TRUE(reader.feed("\n"));
    ASSERT_TRUE(reader.next(reply));
    ASSERT_EQ(reply.items.size(), 3U);
    EXPECT_EQ(reply.items[0].items[1].items[0].text, "a");
    EXPECT_EQ(reply.items[1].text, "bc");
    EXPECT_EQ(reply.items[2].items[1].integer, 3);
}

TEST(reply_reader, arrays_nest_so_deep_and_no_deeper) {
    std::string text;
    for (int depth = 0; depth < 8; ++depth)
        text += "*1\r\n";
    reply_reader fits;
    redis_reply reply;
    ASSERT_TRUE(fits.feed(text + ":1\r\n"));
    EXPECT_TRUE(fits.next(reply));
    reply_reader deeper;
    ASSERT_TRUE(deeper.feed("*1\r\n" + text + ":1\r\n"));
    EXPECT_FALSE(deeper.next(reply));
    EXPECT_TRUE(deeper.broken());
}

TEST(reply_reader, what_is_no_reply_breaks_it_for_good) {
    for (const std::string_view text :
         {"hello\r\n", "$-2\r\n", "*-2\r\n", ":1x\r\n", ":\r\n", "*99999999999\r\n", "\r\n",
          "$9223372036854775808\r\n", "*1\r\n!\r\n"}) {
        SCOPED_TRACE(text);
        reply_reader reader;
        redis_reply reply;
        ASSERT_TRUE(reader.feed(text));
        EXPECT_FALSE(reader.next(reply));
        EXPECT_TRUE(reader.broken());
        EXPECT_FALSE(reader.feed("+OK\r\n"));
        EXPECT_FALSE(reader.next(reply));
    }
}

// True when all was taken without a complaint.
bool takes(std::string_view begin, std::string_view piece, std::size_t total) {
    reply_reader reader;
    redis_reply reply;
    bool goes_on = reader.feed(begin);
    for (std::size_t fed = 0; goes_on && fed < total; fed += piece.size()) {
        goes_on = reader.feed(piece) && !reader.next(reply) && !reader.broken();
    }
    return goes_on;
}

TEST(reply_reader, a_reply_is_bounded) {
    const std::string piece(16'384, 'x');
    EXPECT_TRUE(takes("$16000000\r\n", piece, 15'900'000));
    EXPECT_FALSE(takes("$2000000000\r\n", piece, 2 * reply_reader::most_bytes));
    EXPECT_FALSE(takes("+", piece, 100'000)) << "a line";
    EXPECT_FALSE(takes("$", piece, 100'000)) << "a length";
    std::string numbers;
    for (int i = 0; i < 4096; ++i)
        numbers += ":1\r\n";
    EXPECT_FALSE(takes("*2000000000\r\n", numbers, reply_reader::most_bytes))
        << "in memory it is larger than on the wire";
}

TEST(reply_reader, the_bound_is_one_of_each_reply) {
    const std::string large = "$6000000\r\n" + std::string(6'000'000, 'x') + "\r\n";
    reply_reader reader;
    redis_reply reply;
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(reader.feed(large));
        ASSERT_TRUE(reader.next(reply));
        EXPECT_EQ(reply.text.size(), 6'000'000U);
    }
}

}  // namespace

}  // namespace symphony::detail
