#include "symphony/core/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace symphony {
namespace {

TEST(json, holds_every_kind_of_value) {
    EXPECT_TRUE(json().is_null());
    EXPECT_TRUE(json(nullptr).is_null());
    EXPECT_TRUE(json(true).as_bool());
    EXPECT_EQ(json(42).as_int(), 42);
    EXPECT_EQ(json(std::int64_t{-1}).as_int(), -1);
    EXPECT_DOUBLE_EQ(json(1.5).as_double(), 1.5);
    EXPECT_EQ(*json("text").as_string(), "text");
    EXPECT_EQ(json(json::array{1, 2}).size(), 2u);
    EXPECT_EQ(json::of({{"id", 42}, {"name", "x"}})["name"], json("x"));
    EXPECT_EQ(json("text").size(), 0u);
}

TEST(json, an_unsigned_number_above_the_signed_range_becomes_a_double) {
    EXPECT_TRUE(json(std::uint64_t{7}).is_integer());
    EXPECT_TRUE(json(std::uint64_t{0x7FFFFFFFFFFFFFFF}).is_integer());
    const json large(std::numeric_limits<std::uint64_t>::max());
    EXPECT_FALSE(large.is_integer());
    EXPECT_DOUBLE_EQ(large.as_double(), 0x1p64);
}

TEST(json, a_value_of_another_type_gives_the_fallback) {
    EXPECT_EQ(json("1").as_int(7), 7);
    EXPECT_EQ(json(1).as_string(), nullptr);
    EXPECT_TRUE(json().as_bool(true));
    EXPECT_EQ(json(2.9).as_int(), 2) << "numbers convert among themselves";
    EXPECT_DOUBLE_EQ(json(2).as_double(), 2.0);
    EXPECT_EQ(json(1e300).as_int(7), 7);
    EXPECT_EQ(json(std::nan("")).as_int(7), 7);
    EXPECT_EQ(json(0x1p63).as_int(7), 7);
}

TEST(json, chains_of_look_ups_never_fail) {
    const json value = json::of({{"a", json::array{json::of({{"b", 1}})}}});
    EXPECT_EQ(value["a"][0]["b"].as_int(), 1);
    EXPECT_TRUE(value["x"][3]["y"].is_null());
    EXPECT_TRUE(value["a"][-1].is_null());
    EXPECT_TRUE(value.contains("a"));
    EXPECT_FALSE(value["a"].contains("a"));
}

TEST(json, set_adds_or_replaces_and_keeps_the_order) {
    json value;
    value.set("z", 1).set("a", 2).set("z", 3);
    EXPECT_EQ(value.dump(), R"({"z":3,"a":2})");
}

TEST(json, parses_and_dumps_every_kind_of_value) {
    const char* texts[] = {"null",
                           "true",
                           "false",
                           "0",
                           "-7",
                           "9223372036854775807",
                           "1.5",
                           "-0.0",
                           "1e+300",
                           R"("")",
                           R"("text")",
                           "[]",
                           "{}",
                           R"([1,[2,{"a":null}],"x"])",
                           R"({"b":1,"a":{"c":[]}})"};
    for (const char* text : texts) {
        const auto parsed = json::parse(text);
        ASSERT_TRUE(parsed.has_value()) << text;
        EXPECT_EQ(parsed->dump(), text);
        EXPECT_EQ(*json::parse(parsed->dump()), *parsed);
    }
    EXPECT_EQ(json::parse(" \n[ 1 , 2 ]\t ")->dump(), "[1,2]");
    EXPECT_EQ(json::parse("\xEF\xBB\xBF{}")->dump(), "{}") << "a byte order mark is skipped";
}

TEST(json, numbers_are_exact_to_the_nearest_double) {
    for (const char* text : {"0.1", "123456.789e-12", "2.2250738585072011e-308",
                             "9007199254740993.5", "1.7976931348623157e308", "5e-324"}) {
        EXPECT_EQ(json::parse(text)->as_double(), std::strtod(text, nullptr)) << text;
    }
    EXPECT_EQ(json::parse("1e-400")->as_double(), 0.0);
    EXPECT_FALSE(json::parse("1e400").has_value());
    EXPECT_DOUBLE_EQ(json::parse("18446744073709551616")->as_double(), 0x1p64);
    EXPECT_TRUE(json::parse("100.0")->is_number());
    EXPECT_FALSE(json::parse(json::parse("100.0")->dump())->is_integer());
}

TEST(json, strings_are_escaped_and_unescaped) {
    const auto parsed = json::parse(R"("\"\\\/\b\f\n\r\t\u0001\u00e9\ud83d\ude00")");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(*parsed->as_string(), "\"\\/\b\f\n\r\t\x01\xC3\xA9\xF0\x9F\x98\x80");
    EXPECT_EQ(parsed->dump(), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\xC3\xA9\xF0\x9F\x98\x80\"");
    EXPECT_EQ(json(std::string("a\0b", 3)).dump(), "\"a\\u0000b\"");
}

TEST(json, what_is_dumped_is_always_valid) {
    EXPECT_EQ(json(std::numeric_limits<double>::infinity()).dump(), "null");
    EXPECT_EQ(json(std::nan("")).dump(), "null");
    const char* broken[] = {"\xFF",         "\xC3",         "\xC0\xAF",
                            "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "a\x80z",       "\xF0\x9F\x98"};
    for (const char* text : broken) {
        EXPECT_TRUE(json::parse(json(text).dump()).has_value());
        EXPECT_NE(json(text).dump().find("\xEF\xBF\xBD"), std::string::npos);
    }
}

TEST(json, of_members_with_equal_names_the_last_counts) {
    EXPECT_EQ(json::parse(R"({"a":1,"b":2,"a":3})")->dump(), R"({"a":3,"b":2})");
    std::string many = "{";
    for (int i = 0; i < 50; ++i)
        many += "\"k" + std::to_string(i % 20) + "\":" + std::to_string(i) + ",";
    many.back() = '}';
    const auto parsed = json::parse(many);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->size(), 20u);
    EXPECT_EQ((*parsed)["k0"].as_int(), 40);
    EXPECT_EQ((*parsed)["k19"].as_int(), 39);
    EXPECT_EQ(parsed->as_object()->front().first, "k0");
}

TEST(json, an_error_tells_its_line_and_column) {
    struct {
        const char* text;
        std::size_t line;
        std::size_t column;
    } const cases[] = {{"{\"a\": 1,\n  \"b\": x}", 2, 8},
                       {"[1,\n\n2,]", 3, 3},
                       {"[1, 2", 1, 6},
                       {"\"\xC3\xA9\xC3\xA9\", 1", 1, 5},
                       {"", 1, 1}};
    for (const auto& c : cases) {
        json_position where;
        const auto parsed = json::parse(c.text, where);
        ASSERT_FALSE(parsed.has_value()) << c.text;
        EXPECT_EQ(parsed.error().kind, error_kind::invalid_response);
        EXPECT_EQ(where.line, c.line) << c.text;
        EXPECT_EQ(where.column, c.column) << c.text;
        const std::string told =
            "line " + std::to_string(c.line) + ", column " + std::to_string(c.column);
        EXPECT_NE(parsed.error().message.find(told), std::string::npos) << parsed.error().message;
    }
}

TEST(json, refuses_what_rfc_8259_refuses) {
    for (const char* text : {"{a:1}", "[1,]", "'x'", "01", "1.", ".5", "+1", "NaN", "nul", "[1 2]",
                             "\"\n\"", "\"\\x\"", "\"\xFF\"", "\"\\ud800\"", "{\"a\"}", "1 2",
                             "/* c */ 1", "{\"a\":1,}", "tru"}) {
        EXPECT_FALSE(json::parse(text).has_value()) << text;
    }
}

TEST(json, at_most_64_levels_deep) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(json::parse(nested(64)).has_value());
    const auto deeper = json::parse(nested(65));
    ASSERT_FALSE(deeper.has_value());
    EXPECT_NE(deeper.error().message.find("64 levels"), std::string::npos);
    EXPECT_FALSE(json::parse(std::string(1'000'000, '[')).has_value());
    std::string objects;
    for (int i = 0; i < 65; ++i)
        objects += "{\"a\":";
    EXPECT_FALSE(json::parse(objects + "1" + std::string(65, '}')).has_value());
}

}  // namespace
}  // namespace symphony
