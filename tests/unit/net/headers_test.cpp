#include "symphony/net/headers.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony {
namespace {

// Values are looked at eight bytes at a time: each byte at each place of a word, and behind it.
TEST(headers, refuse_each_control_character_wherever_it_stands) {
    for (int byte = 0; byte < 256; ++byte) {
        const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        for (std::size_t place = 0; place < 19; ++place) {
            std::string value(19, 'v');
            value[place] = static_cast<char>(byte);
            EXPECT_EQ(is_valid_header("name", value), allowed) << byte << " at " << place;
        }
    }
}

TEST(headers, take_a_tab_beside_other_text_but_no_line_break_behind_it) {
    EXPECT_TRUE(is_valid_header("name", "\ta\tb\tc\td\te\tf"));
    EXPECT_FALSE(is_valid_header("name", "\ta\tb\tc\r\nd: e"));
}

TEST(headers, want_a_token_for_a_name) {
    EXPECT_TRUE(is_valid_header("x-Trace_1.0~", ""));
    for (const char* name : {"", "a b", "a:", "a\r\n", "\xc3\xa4", "a\""})
        EXPECT_FALSE(is_valid_header(name, "value")) << name;
}

TEST(headers, find_names_without_case_and_keep_the_order) {
    headers fields{{"Accept", "a"}, {"X-One", "1"}, {"accept", "b"}};
    EXPECT_EQ(fields.get("ACCEPT"), "a");
    EXPECT_EQ(fields.get_all("accept"), "a, b");
    EXPECT_TRUE(fields.set("accept", "c"));
    EXPECT_EQ(fields.get_all("Accept"), "c");
    EXPECT_EQ(fields[0].name, "X-One");
    EXPECT_EQ(fields.erase("x-one"), 1U);
    EXPECT_EQ(fields.size(), 1U);
}

// Names are compared a word at a time: each pair of bytes at each place, in names of each length.
TEST(headers, tell_names_apart_as_letter_by_letter) {
    const auto small = [](int byte) { return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte; };
    for (const std::size_t size : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 14U, 16U, 17U}) {
        std::string one(size, 'n');
        std::string other(size, 'N');
        for (std::size_t place = 0; place < size; ++place) {
            for (int a = 0; a < 256; ++a) {
                one[place] = static_cast<char>(a);
                for (int b = 0; b < 256; ++b) {
                    other[place] = static_cast<char>(b);
                    ASSERT_EQ(iequals(one, other), small(a) == small(b))
                        << a << " and " << b << " at " << place << " of " << size;
                }
            }
            one[place] = 'n';
            other[place] = 'N';
        }
    }
    EXPECT_TRUE(iequals("", ""));
    EXPECT_FALSE(iequals("", "a"));
}

TEST(headers, lose_the_fields_that_a_predicate_names) {
    headers fields{{"a", "1"}, {"b", "2"}, {"c", "1"}};
    EXPECT_EQ(fields.erase_if([](const header_view& field) { return field.value == "1"; }), 2U);
    ASSERT_EQ(fields.size(), 1U);
    EXPECT_EQ(fields[0].name, "b");
}

TEST(headers, are_set_to_a_value_of_their_own) {
    headers fields{{"a", "the value"}, {"b", "another"}};
    ASSERT_TRUE(fields.set(fields[0].name, fields[1].value));
    EXPECT_EQ(fields.get_all("a"), "another");
    ASSERT_TRUE(fields.set("b", fields[1].value));
    EXPECT_EQ(fields.get("b"), "another");
    EXPECT_FALSE(fields.set("b", "line\r\nbreak"));
    EXPECT_EQ(fields.get("b"), "another");
}

TEST(headers, take_views_of_their_own_text) {
    headers fields{{"a", "0123456789012345678901234567890123456789"}};
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(fields.add(fields[0].name, fields[0].value));
    EXPECT_EQ(fields[100].value, "0123456789012345678901234567890123456789");
}

}  // namespace
}  // namespace symphony
