#include "symphony/core/json_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony {
namespace {

TEST(compact_json, drops_white_space_between_tokens_only) {
    EXPECT_EQ(compact_json(" \t\r\n{ \"a \\\" b\" :\n[ 1 , \"\\\\\" , null ] } "),
              "{\"a \\\" b\":[1,\"\\\\\",null]}");
    EXPECT_EQ(compact_json("\xEF\xBB\xBF[ ]"), "[]");
}

TEST(compact_json, leaves_tokens_as_they_are_written) {
    for (const char* text :
         {"18446744073709551616", "9007199254740993", "-0", "1.0e+02", "1e400", "0.10",
          R"({"a":1,"a":2})", R"("\u00e9\/\ud83d\ude00")", "\"\xC3\xA9\"", "null", "\"\""})
        EXPECT_EQ(compact_json(text), text);
}

TEST(compact_json, is_nothing_where_the_text_is_no_json) {
    for (const char* text : {"", " ", "{", "[1,]", "{'a':1}", "01", "NaN", "[1] 2", "// c\n1",
                             "\"\n\"", "\"\xFF\"", "tru", "\"\\"})
        EXPECT_EQ(compact_json(text), std::nullopt) << text;
}

TEST(compact_json, is_bounded_in_depth) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(compact_json(nested(512)), nested(512));
    EXPECT_EQ(compact_json(nested(513)), std::nullopt);
    EXPECT_EQ(compact_json(std::string(1'000'000, '[')), std::nullopt);
}

TEST(find_json_fault, tells_its_place_in_bytes_and_in_characters) {
    EXPECT_FALSE(find_json_fault("\xEF\xBB\xBF {\"a\": [1, 1e999, -0]} \n"));
    const auto fault = find_json_fault("\xEF\xBB\xBF{\n\"\xC3\xA9\": 1,}");
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->offset, 13u);
    EXPECT_EQ(fault->where.line, 2u);
    EXPECT_EQ(fault->where.column, 8u);
    EXPECT_EQ(find_json_fault("[1] 2")->message, "text after the value");
    EXPECT_EQ(find_json_fault("[1")->message, "the text ends too early");
    EXPECT_EQ(find_json_fault("[[1]]", 1)->message, "more than 1 levels deep");
}

}  // namespace
}  // namespace symphony
