#include "config/document.hpp"

#include "unit/config/config_fixture.hpp"

#include <utility>

namespace symphony::detail {
namespace {

std::string first_fault(std::string_view text, bool json = false) {
    const document read = read_document(text, json);
    if (read.faults.empty()) return "";
    const document_fault& fault = read.faults.front();
    return std::to_string(fault.at.line) + ":" + std::to_string(fault.at.column) + " " +
           fault.message;
}

TEST(document, knows_the_place_of_keys_and_values) {
    const document read = read_document("a: 1\nb:\n  - x\n  - {c: 'y'}\n");
    ASSERT_TRUE(read.root);
    const auto& b = read.root->members.at(1);
    EXPECT_EQ(b.at.line, 2);
    EXPECT_EQ(b.at.column, 1);
    const auto& c = b.value->items.at(1)->members.at(0);
    EXPECT_EQ(c.at.line, 4);
    EXPECT_EQ(c.at.column, 6);
    EXPECT_EQ(c.value->at.column, 9);
    EXPECT_FALSE(c.value->plain);
    EXPECT_TRUE(read.root->members.at(0).value->plain);
}

TEST(document, tells_where_the_text_breaks) {
    EXPECT_EQ(first_fault("a: [1, 2\nb: 3\n").substr(0, 2), "2:");
    EXPECT_TRUE(first_fault("a: {b: 1\n").starts_with("2:1 ")) << first_fault("a: {b: 1\n");
    EXPECT_NE(first_fault("a: \"x\\q\""), "");
    EXPECT_NE(first_fault("a: b: c"), "");
    EXPECT_NE(first_fault("\ta: 1"), "");
}

TEST(document, refuses_what_is_empty_double_or_no_text) {
    EXPECT_EQ(first_fault(""), "1:1 the file is empty");
    EXPECT_EQ(first_fault("# nothing\n"), "1:1 the file is empty");
    EXPECT_EQ(first_fault("a: 1\n---\nb: 2\n"), "3:1 a second document in the same file");
    EXPECT_EQ(first_fault("a: 1\nb: \xff\n"), "2:4 not UTF-8");
    EXPECT_EQ(first_fault(std::string_view("a: \0", 4)), "1:4 a NUL character");
    EXPECT_EQ(first_fault("? [a]\n: 1\n"), "1:3 a key must be text");
}

TEST(document, refuses_what_is_too_large_or_too_deep) {
    EXPECT_EQ(first_fault(std::string(max_document_bytes + 1, ' ')), "0:0 larger than 4 MiB");
    EXPECT_EQ(first_fault(std::string(64, '[') + std::string(64, ']')), "");
    EXPECT_EQ(first_fault(std::string(65, '[') + std::string(65, ']')),
              "1:65 nested deeper than 64 levels");
    EXPECT_NE(first_fault(std::string(1'000'000, '[')), "");
}

TEST(document, follows_aliases_but_not_without_end) {
    const document read = read_document("a: &x {k: 1}\nb: *x\n");
    ASSERT_TRUE(read.root);
    EXPECT_EQ(read.root->members.at(1).value->members.at(0).key, "k");
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
        for (int n = 0; n < 9; ++n)
            bomb += ", " + last;
        bomb += "]\n";
    }
    EXPECT_NE(first_fault(bomb).find("more than 200000 values"), std::string::npos);
    EXPECT_NE(first_fault("a: &x [*x]"), "");
}

TEST(document, an_unknown_alias_is_not_repeated) {
    EXPECT_NE(first_fault("token: *hunter2"), "");
    EXPECT_EQ(first_fault("token: *hunter2").find("hunter2"), std::string::npos);
}

TEST(document, reads_json_with_tabs_and_escapes) {
    const document read =
        read_document("{\n\t\"a\":\"\\ud83d\\ude00\\/\\\\ud83d\",\n\t\"b\":[1,2]}", true);
    ASSERT_TRUE(read.root) << first_fault("{\n\t\"a\":\"\\ud83d\\ude00\"}", true);
    EXPECT_EQ(read.root->members.at(0).value->text, "😀/\\ud83d");
    EXPECT_EQ(read.root->members.at(1).at.line, 3);
    EXPECT_EQ(read.root->members.at(1).at.column, 2);
    EXPECT_NE(first_fault(R"({"a": "\ud83d"})", true), "");
}

TEST(document, holds_json_to_it_and_says_what_to_do) {
    const std::string quotes =
        "put names and text in double quotes, or write YAML in a file named .yaml";
    const std::string comment = "remove the comment, or write YAML in a file named .yaml";
    const std::string comma = "remove the comma before the closing bracket";
    const std::pair<std::string_view, std::string> table[] = {
        {"{\"a\": [1,\n 2, ]}", "2:5 no valid JSON: " + comma},
        {"{\"a\": 1,\n}", "2:1 no valid JSON: " + comma},
        {"{\"a\": 1 // x\n}", "1:9 no valid JSON: " + comment},
        {"# x\n{}", "1:1 no valid JSON: " + comment},
        {"{\"a\": 'x'}", "1:7 no valid JSON: " + quotes},
        {"{a: 1}", "1:2 no valid JSON: " + quotes},
        {"a: 1", "1:1 no valid JSON: " + quotes},
        {"{\"a\": secret}", "1:7 no valid JSON: " + quotes},
        {"{\"a\": 1\n \"b\": 2}", "2:2 no valid JSON: a comma is missing before it"},
        {"{\"\xC3\xA9\": 1} {}", "1:10 no valid JSON: text after the value"},
        {"{\"a\": 1", "1:8 no valid JSON: the text ends too early"},
        {"", "1:1 the file is empty"},
        {" \n", "1:1 the file is empty"},
    };
    for (const auto& [text, said] : table) {
        EXPECT_EQ(first_fault(text, true), said) << text;
        EXPECT_FALSE(read_document(text, true).root) << text;
    }
    EXPECT_EQ(first_fault(std::string(max_document_bytes + 1, ' '), true), "0:0 larger than 4 MiB");
    EXPECT_EQ(first_fault(std::string(65, '[') + std::string(65, ']'), true),
              "1:65 no valid JSON: more than 64 levels deep");
}

TEST(document, reads_all_that_is_json) {
    for (const char* text :
         {R"({"a":1,"b":[true,null,-1.5e3]})", "{\"a\"\n:\n1}", "[[],{}]", "{\"\":\"\"}",
          "\xEF\xBB\xBF{\"a\": \"#:,'\"}", "[1e999]", R"({"a":"\b\f\n\r\t\"\\\/\u0041"})"})
        EXPECT_EQ(first_fault(text, true), "") << text;
}

// YAML wants the colon in the line of its key.
TEST(document, reads_json_with_colons_in_lines_of_their_own) {
    const document read = read_document("{\"a\\\"\"\r\n  : [1], \"b:\"\n:\n2}", true);
    ASSERT_TRUE(read.root);
    const auto& [key, at, value] = read.root->members.at(0);
    EXPECT_EQ(key, "a\"");
    EXPECT_EQ(value->at.line, 2);
    EXPECT_EQ(value->at.column, 5);
    EXPECT_EQ(read.root->members.at(1).key, "b:");
    EXPECT_EQ(read.root->members.at(1).at.column, 10);
    EXPECT_EQ(read.root->members.at(1).value->at.line, 4);
}

}  // namespace
}  // namespace symphony::detail
