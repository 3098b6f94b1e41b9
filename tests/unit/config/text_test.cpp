#include "config/text.hpp"

#include <gtest/gtest.h>

namespace symphony::detail {
namespace {

using namespace std::chrono_literals;

TEST(text, durations_take_a_unit) {
    EXPECT_EQ(to_duration("250ms", false), 250ms);
    EXPECT_EQ(to_duration("30s", false), 30s);
    EXPECT_EQ(to_duration("5m", false), 5min);
    EXPECT_EQ(to_duration("1h", false), 1h);
    EXPECT_EQ(to_duration("1.5s", false), 1500ms);
    EXPECT_EQ(to_duration("0s", false), 0s);
    EXPECT_EQ(to_duration("100", true), 100ms);
    EXPECT_EQ(to_duration("0.5", true), 500us);
}

TEST(text, what_is_no_duration_is_none) {
    for (const char* text : {"", "s", "ms", "-1s", "+1s", "1 s", "1d", "1us", "1S", "1e3s", "inf",
                             "nan", "1..5s", "0x10", "99999999999h", "1s2", "١s"}) {
        EXPECT_FALSE(to_duration(text, true)) << text;
    }
    EXPECT_FALSE(to_duration("100", false));
}

TEST(text, integers_and_numbers_are_whole_texts) {
    EXPECT_EQ(to_integer("-7"), -7);
    EXPECT_FALSE(to_integer("7.0"));
    EXPECT_FALSE(to_integer("7 "));
    EXPECT_FALSE(to_integer(""));
    EXPECT_FALSE(to_integer("99999999999999999999"));
    EXPECT_EQ(to_number("0.25"), 0.25);
    for (const char* text : {"", "nan", "inf", "1e999", "0.5x"})
        EXPECT_FALSE(to_number(text));
}

TEST(text, printable_escapes_and_bounds) {
    EXPECT_EQ(printable("plain ü €"), "plain ü €");
    EXPECT_EQ(printable("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"), "\\u009b");  // a terminal's one-byte escape in UTF-8
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
    EXPECT_EQ(printable(std::string(100, 'a'), 10), "aaaaaaaaaa...");
    EXPECT_EQ(printable("aaaa€", 5), "aaaa...");
}

TEST(text, finds_the_first_byte_that_is_no_utf8) {
    EXPECT_EQ(invalid_utf8("ü€😀"), std::string::npos);
    EXPECT_EQ(invalid_utf8("ab\xff"), 2u);
    EXPECT_EQ(invalid_utf8("\xc0\x80"), 0u);          // overlong
    EXPECT_EQ(invalid_utf8("a\xed\xa0\x80"), 1u);     // surrogate
    EXPECT_EQ(invalid_utf8("\xf4\x90\x80\x80"), 0u);  // above U+10FFFF
    EXPECT_EQ(invalid_utf8("a\xe2\x82"), 1u);         // cut off
}

}  // namespace
}  // namespace symphony::detail
