#include "cli/text.hpp"

#include <gtest/gtest.h>

namespace symphony::cli {
namespace {

using namespace std::chrono_literals;

TEST(parse_duration, takes_units_and_bare_milliseconds) {
    EXPECT_EQ(parse_duration("250"), 250ms);
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("30s"), 30s);
    EXPECT_EQ(parse_duration("5m"), 5min);
    EXPECT_EQ(parse_duration("1h"), 1h);
    for (const char* text :
         {"", "0", "-1s", "s", "1d", "1.5s", "1 s", "99999999999999999h", "745h"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(is_utf8, knows_the_limits_of_the_encoding) {
    using namespace std::string_view_literals;
    for (const auto text : {""sv, "plain"sv, "\xc3\xa4"sv, "\xe2\x82\xac"sv, "\xf0\x9f\x8e\xb5"sv,
                            "\xf4\x8f\xbf\xbf"sv, "a\0b"sv})
        EXPECT_TRUE(is_utf8(text));
    for (const auto text :
         {"\xff"sv, "\x80"sv, "\xc3"sv, "\xc0\x80"sv, "\xe0\x80\x80"sv, "\xed\xa0\x80"sv,
          "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xe2\x82"sv})
        EXPECT_FALSE(is_utf8(text));
}

TEST(to_base64, follows_rfc_4648) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foo"), "Zm9v");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(to_base64("\xff\xfe"), "//4=");
}

}  // namespace
}  // namespace symphony::cli
