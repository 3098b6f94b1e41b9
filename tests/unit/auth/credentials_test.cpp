#include "symphony/auth/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace symphony {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class T>
concept streamable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept comparable = requires(const T& value) { value == value; };

auth_options basic(std::string username, std::string_view password) {
    auth_options options;
    options.type = auth_type::basic;
    options.username = std::move(username);
    options.password = secret(password);
    return options;
}

auth_options bearer(std::string_view token) {
    auth_options options;
    options.type = auth_type::bearer;
    options.token = secret(token);
    return options;
}

std::string value_of(const auth_options& options) {
    const result<credentials> made = credentials::make(options);
    return made ? std::string(made->authorization()) : "<" + made.error().message + ">";
}

TEST(credentials, bearer_is_the_token_as_given) {
    EXPECT_EQ(value_of(bearer("mF_9.B5f-4.1JqM")), "Bearer mF_9.B5f-4.1JqM");  // RFC 6750, 2.1
    EXPECT_EQ(value_of(bearer("a~b+c/d==")), "Bearer a~b+c/d==");
}

TEST(credentials, basic_is_base64_of_both_parts) {
    // RFC 7617, section 2, and 2.1 for the name outside ASCII.
    EXPECT_EQ(value_of(basic("Aladdin", "open sesame")), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(value_of(basic("test", "123\xC2\xA3")), "Basic dGVzdDoxMjPCow==");
}

TEST(credentials, basic_pads_whatever_the_length) {
    EXPECT_EQ(value_of(basic("a", "")), "Basic YTo=");
    EXPECT_EQ(value_of(basic("a", "b")), "Basic YTpi");
    EXPECT_EQ(value_of(basic("a", "bc")), "Basic YTpiYw==");
    EXPECT_EQ(value_of(basic("a", "b:c")), "Basic YTpiOmM=");  // a password may hold colons
}

TEST(credentials, what_can_be_no_credential_is_refused) {
    struct row {
        const char* why;
        auth_options options;
    };
    const std::vector<row> rows = {
        {"no token", bearer("")},
        {"a space within the token", bearer("two words")},
        {"a line break at the end", bearer("token\n")},
        {"a header smuggled in", bearer("token\r\nX-Admin: yes")},
        {"a NUL", bearer(std::string_view("to\0ken", 6))},
        {"DEL", bearer("token\x7f")},
        {"not ASCII", bearer("t\xC3\xB6ken")},
        {"a token beyond all reason", bearer(std::string(16 * 1024 + 1, 't'))},
        {"no user name", basic("", "password")},
        {"a colon in the user name", basic("user:name", "password")},
        {"a control character in the user name", basic("user\r", "password")},
        {"a control character in the password", basic("user", "pass\nword")},
        {"a tab in the password", basic("user", "pass\tword")},
        {"a password beyond all reason", basic("user", std::string(16 * 1024, 'p'))},
    };
    for (const row& one : rows) {
        SCOPED_TRACE(one.why);
        const result<credentials> made = credentials::make(one.options);
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().kind, error_kind::auth_failed);
        EXPECT_FALSE(made.error().maybe_sent);
    }
}

TEST(credentials, the_longest_allowed_pass) {
    const std::string token(16 * 1024, 't');
    EXPECT_EQ(value_of(bearer(token)), "Bearer " + token);
    EXPECT_THAT(value_of(basic("u", std::string(16 * 1024 - 1, 'p'))), HasSubstr("Basic dTpwcHBw"));
}

TEST(credentials, errors_never_repeat_a_secret) {
    for (const auth_options& options :
         {bearer("hunter2 hunter2"), basic("user:name", "hunter2"), basic("user", "hunter2\n")}) {
        const result<credentials> made = credentials::make(options);
        ASSERT_FALSE(made);
        EXPECT_THAT(made.error().message, Not(HasSubstr("hunter2")));
        EXPECT_EQ(made.error().remote, "");
    }
}

TEST(credentials, cannot_be_printed_or_compared_by_accident) {
    static_assert(!streamable<credentials> && !streamable<auth_options>);
    static_assert(!comparable<credentials> && !comparable<auth_options>);
    static_assert(streamable<std::string> && comparable<std::string>, "the concepts themselves");
}

TEST(credentials, outlive_the_options_and_may_be_copied) {
    auto options = std::make_unique<auth_options>(bearer("token"));
    const result<credentials> made = credentials::make(*options);
    options.reset();
    ASSERT_TRUE(made);
    credentials copy = *made;
    const credentials moved = std::move(copy);
    EXPECT_EQ(moved.authorization(), "Bearer token");
    EXPECT_EQ(made->authorization(), "Bearer token");
}

}  // namespace
}  // namespace symphony
