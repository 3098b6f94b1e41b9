#include "config/expand.hpp"

#include "unit/config/config_fixture.hpp"

namespace symphony::detail {
namespace {

using symphony::testing::environment_of;
using symphony::testing::temporary_directory;

expansion expanded(std::string_view text) {
    return expand(text, environment_of({{"A", "one"}, {"EMPTY", ""}, {"NEST", "${A}"}}), ".");
}

TEST(expand, replaces_variables) {
    EXPECT_EQ(expanded("plain").text, "plain");
    EXPECT_FALSE(expanded("plain").expanded);
    EXPECT_EQ(expanded("${A}").text, "one");
    EXPECT_EQ(expanded("<${A}|${A}>").text, "<one|one>");
    EXPECT_EQ(expanded("${EMPTY}").text, "");
    EXPECT_EQ(expanded("${NO:-else}").text, "else");
    EXPECT_EQ(expanded("${NO:-}").text, "");
    EXPECT_EQ(expanded("${EMPTY:-else}").text, "else");
    EXPECT_EQ(expanded("${A:-else}").text, "one");
    EXPECT_EQ(expanded("$A {A} $").text, "$A {A} $");
}

TEST(expand, does_not_look_at_what_was_put_in) {
    EXPECT_EQ(expanded("${NEST}").text, "${A}");
}

TEST(expand, writes_a_literal_after_two_dollars) {
    EXPECT_EQ(expanded("$${A}").text, "${A}");
    EXPECT_EQ(expanded("$$${A}").text, "$${A}");
    EXPECT_EQ(expanded("x$${A}${A}").text, "x${A}one");
    EXPECT_FALSE(expanded("$${A}").expanded);
}

TEST(expand, names_every_variable_that_is_missing) {
    const auto made = expanded("${FIRST}${A}${SECOND}");
    ASSERT_EQ(made.problems.size(), 2u);
    EXPECT_EQ(made.problems[0], "the environment variable FIRST is not set");
    EXPECT_EQ(made.problems[1], "the environment variable SECOND is not set");
}

TEST(expand, refuses_what_it_does_not_understand) {
    for (const char* text : {"${", "${A", "${}", "${A B}", "${1A}", "${:-x}", "${file:}"}) {
        EXPECT_EQ(expanded(text).problems.size(), 1u) << text;
    }
}

TEST(expand, does_not_nest) {
    const expansion made = expand("${A:-${B:-c}}", {}, ".");
    ASSERT_EQ(made.problems.size(), 1U);
    EXPECT_EQ(made.problems[0], "'${...}' cannot stand inside another");
}

TEST(expand, reads_files_next_to_the_configuration) {
    const temporary_directory place;
    place.write("token", "s3cret\n");
    place.write("two", "a\n\n");
    place.write("dos", "a\r\n");
    const auto from = [&](const std::string& text) { return expand(text, {}, place.file("")); };
    EXPECT_EQ(from("${file:token}").text, "s3cret");
    EXPECT_EQ(from("Bearer ${file:" + place.file("token") + "}").text, "Bearer s3cret");
    EXPECT_EQ(from("${file:two}").text, "a\n");  // one newline, not all
    EXPECT_EQ(from("${file:dos}").text, "a");
}

TEST(expand, refuses_files_that_cannot_be_a_value) {
    const temporary_directory place;
    place.write("large", std::string((1U << 20U) + 1, 'x'));
    place.write("whole", std::string(1U << 20U, 'x'));
    place.write("bytes", "\xff\xfe");
    const auto from = [&](const std::string& text) { return expand(text, {}, place.file("")); };
    EXPECT_TRUE(from("${file:whole}").problems.empty());
    for (const char* name : {"large", "bytes", "missing", "."}) {
        const auto made = from(std::string("${file:") + name + "}");
        ASSERT_EQ(made.problems.size(), 1u) << name;
        EXPECT_EQ(made.problems[0].find("xxx"), std::string::npos);
    }
}

TEST(expand, an_endless_file_ends) {
    EXPECT_EQ(expand("${file:/dev/zero}", {}, "").problems.size(), 1u);
}

}  // namespace
}  // namespace symphony::detail
