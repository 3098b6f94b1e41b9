#include "symphony/core/secret.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <string>
#include <type_traits>

namespace symphony {
namespace {

template <class T>
concept streamable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept comparable = requires(const T& value) { value == value; };

TEST(secret, cannot_be_printed_compared_or_converted_by_accident) {
    static_assert(!streamable<secret>);
    static_assert(!comparable<secret>);
    static_assert(!std::convertible_to<secret, std::string>);
    static_assert(!std::convertible_to<secret, std::string_view>);
    static_assert(!std::convertible_to<secret, bool>);
    static_assert(!std::convertible_to<std::string, secret>);
    static_assert(streamable<std::string> && comparable<std::string>, "the concepts themselves");
}

TEST(secret, reveals_what_it_was_given) {
    EXPECT_EQ(secret("s3cret").reveal(), "s3cret");
    EXPECT_EQ(secret(std::string_view("a\0b", 3)).reveal().size(), 3u);
    EXPECT_TRUE(secret().empty());
    EXPECT_TRUE(secret("").empty());
}

TEST(secret, wipes_the_string_it_takes_over) {
    std::string text = "a token that is too long for the small buffer";
    const char* memory = text.data();
    const secret taken(std::move(text));
    EXPECT_EQ(taken.reveal(), "a token that is too long for the small buffer");
    // The string still owns its memory: it can be looked at.
    EXPECT_EQ(text.data(), memory);
    for (std::size_t i = 0; i < text.capacity(); ++i)
        EXPECT_EQ(memory[i], '\0');
}

TEST(secret, wipes_also_what_a_longer_text_left_behind) {
    std::string text = "first a very long password, then something short";
    text = "short";
    const char* memory = text.data();
    const secret taken(std::move(text));
    for (std::size_t i = 0; i < text.capacity(); ++i)
        EXPECT_EQ(memory[i], '\0');
}

TEST(secret, moved_from_is_empty) {
    secret first("token");
    secret second(std::move(first));
    EXPECT_TRUE(first.empty());
    EXPECT_EQ(second.reveal(), "token");
    secret third("old");
    third = std::move(second);
    EXPECT_TRUE(second.empty());
    EXPECT_EQ(third.reveal(), "token");
}

TEST(secret, copies_are_independent) {
    secret first("token");
    secret second(first);
    first = secret("other");
    EXPECT_EQ(second.reveal(), "token");
    second = first;
    EXPECT_EQ(second.reveal(), "other");
    const secret& same = second;
    second = same;
    EXPECT_EQ(second.reveal(), "other");
}

TEST(secret, equals_compares_the_text) {
    const secret token("token");
    EXPECT_TRUE(token.equals("token"));
    EXPECT_FALSE(token.equals("tokeN"));
    EXPECT_FALSE(token.equals("toke"));
    EXPECT_FALSE(token.equals("tokens"));
    EXPECT_TRUE(secret().equals(""));
}

}  // namespace
}  // namespace symphony
