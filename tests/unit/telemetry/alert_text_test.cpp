#include "telemetry/alert_text.hpp"

#include "symphony/core/json.hpp"

#include <gtest/gtest.h>

namespace symphony::detail {
namespace {

using namespace std::chrono_literals;

alert_notice notice() {
    alert_notice made;
    made.kind = alert_kind::opened;
    made.tool = "shop";
    made.endpoint = "api";
    made.open = true;
    made.reason = "failure_share";
    made.at = wall_time(1'700'000'000s);
    made.since = wall_time(1'699'999'000s);
    made.consecutive_failures = 3;
    made.window_total = 20;
    made.window_failures = 12;
    return made;
}

TEST(alert_text, fills_in_the_template_of_its_kind) {
    alert_templates own;
    own.opened =
        "{tool}.{endpoint} {state} {reason} {time} {consecutiveFailures} "
        "{windowFailures}/{windowTotal}";
    own.recovered = "after {downFor}";
    own.summary = "{opened}/{recovered} since {since}";
    alert_notice n = notice();
    EXPECT_EQ(alert_text(n, own), "shop.api open failure_share 2023-11-14T22:13:20Z 3 12/20");
    n.kind = alert_kind::recovered;
    for (const auto& [span, text] : {std::pair<duration, const char*>{1500ms, "after 1.5 s"},
                                     {125s, "after 2 min 5 s"},
                                     {2h + 30min, "after 2 h 30 min"}}) {
        n.down_for = span;
        EXPECT_EQ(alert_text(n, own), text);
    }
    n.kind = alert_kind::summary;
    n.opened = 4;
    n.recovered = 3;
    EXPECT_EQ(alert_text(n, own), "4/3 since 2023-11-14T21:56:40Z");
    n.kind = alert_kind::test;
    EXPECT_NE(alert_text(n, own).find("This is a test"), std::string::npos);
}

TEST(alert_text, braces_are_written_twice) {
    alert_templates own;
    own.opened = "{{{tool}}} {{}}";
    EXPECT_EQ(template_problem(own.opened), std::nullopt);
    EXPECT_EQ(alert_text(notice(), own), "{shop} {}");
}

TEST(alert_text, says_what_is_wrong_with_a_template) {
    EXPECT_NE(template_problem("{tol}")->find("'tol'"), std::string::npos);
    for (const char* text : {"{", "}", "a } b", "{tool", "{{tool}"}) {
        EXPECT_TRUE(template_problem(text)) << text;
    }
    EXPECT_TRUE(template_problem(std::string(2001, 'x')));
    const alert_templates usual;
    for (const std::string& text : {usual.opened, usual.recovered, usual.summary}) {
        EXPECT_EQ(template_problem(text), std::nullopt) << text;
    }
}

TEST(slack_body, escapes_its_marks) {
    EXPECT_EQ(slack_body("<!here> a & \"b\"\n"), R"({"text":"&lt;!here&gt; a &amp; \"b\"\n"})");
}

TEST(webhook_body, has_the_documented_members) {
    const auto read = json::parse(webhook_body(notice(), "words"));
    ASSERT_TRUE(read);
    EXPECT_EQ(*(*read)["event"].as_string(), "circuit.opened");
    EXPECT_EQ(*(*read)["state"].as_string(), "open");
    EXPECT_EQ((*read)["windowFailures"].as_int(), 12);
    EXPECT_EQ(*(*read)["text"].as_string(), "words");
    EXPECT_EQ(read->as_object()->size(), 14u);
}

TEST(mail_message, is_a_message_that_nothing_breaks_out_of) {
    alert_notice n = notice();
    n.tool = "shop\r\nBcc: x@y.z";
    const mail_envelope envelope{"from@a.test", "to@b.test", "id.1", wall_time(1'700'000'000s)};
    const std::string message = mail_message(envelope, n, "one\ntwo\r\nthree");
    const auto end = message.find("\r\n\r\n");
    ASSERT_NE(end, std::string::npos);
    const std::string head = message.substr(0, end);
    EXPECT_TRUE(head.starts_with("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
    EXPECT_NE(head.find("\r\nSubject: [symphony] shop  Bcc: x@y.z.api: opened\r\n"),
              std::string::npos);
    EXPECT_NE(head.find("\r\nMessage-ID: <id.1@a.test>\r\n"), std::string::npos);
    EXPECT_EQ(head.find("\r\nBcc"), std::string::npos);
    EXPECT_EQ(message.substr(end + 4), "one\r\ntwo\r\nthree\r\n");
}

TEST(mail_message, has_no_line_longer_than_mail_allows) {
    const mail_envelope envelope{"from@a.test", "to@b.test", "id.1", wall_time{}};
    for (const std::string& text : {std::string(5000, 'x'), std::string(2000, ' ')}) {
        const std::string message = mail_message(envelope, notice(), text);
        std::string_view rest = message;
        while (!rest.empty()) {
            const auto line = std::min(rest.find("\r\n"), rest.size());
            EXPECT_LE(line, 76u);
            rest.remove_prefix(std::min(line + 2, rest.size()));
        }
    }
}

TEST(mail_message, is_ascii_whatever_the_words_are) {
    const mail_envelope envelope{"from@a.test", "to@b.test", "id.1", wall_time{}};
    const std::string message = mail_message(envelope, notice(), "\u00e4 = 1 \n.\n");
    EXPECT_TRUE(message.ends_with("\r\n\r\n=C3=A4 =3D 1=20\r\n.\r\n\r\n")) << message;
}

TEST(is_mail_address, knows_addresses) {
    for (const char* good : {"a@b", "ops+x@example.com", "first.last@sub.example.com"}) {
        EXPECT_TRUE(is_mail_address(good)) << good;
    }
    for (const char* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "<a@b>", "a@b\r\nBcc: c@d",
                            "a@b, c@d", "\"a\"@b", "\xc3\xa4@b"}) {
        EXPECT_FALSE(is_mail_address(bad)) << bad;
    }
    EXPECT_FALSE(is_mail_address(std::string(255, 'a') + "@b"));
}

}  // namespace
}  // namespace symphony::detail
