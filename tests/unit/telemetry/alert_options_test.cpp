#include "symphony/telemetry/alert_options.hpp"

#include "symphony/core/clock.hpp"
#include "symphony/telemetry/alert_desk.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace symphony {
namespace {

using namespace std::chrono_literals;

TEST(alert_options, say_what_is_impossible) {
    alert_options options;
    EXPECT_EQ(options.problem(), std::nullopt);
    options.slack = secret("https://hooks.example.com/x");
    options.webhook = secret("http://127.0.0.1:1/");
    options.email = "ops@example.com";
    EXPECT_EQ(options.problem(), std::nullopt);
    for (const char* url : {"x", "ftp://a/", "https://", "http://a b/", "http://a/\r\nx: y"}) {
        alert_options wrong;
        wrong.webhook = secret(url);
        EXPECT_TRUE(wrong.problem()) << url;
    }
    options.email = "two@a, three@b";
    EXPECT_TRUE(options.problem());
}

TEST(alert_options, headers_are_those_that_may_be_given) {
    alert_options options;
    options.webhook_headers = {{"x-team", secret("a")}};
    EXPECT_TRUE(options.problem()) << "without a webhook";
    options.webhook = secret("https://example.com/");
    EXPECT_EQ(options.problem(), std::nullopt);
    alert_options same = options;
    EXPECT_TRUE(options.same_as(same));
    same.webhook_headers[0].value = secret("b");
    EXPECT_FALSE(options.same_as(same));
    for (const char* name : {"", "a b", "a:", "Content-Type", "content-length", "Host", "x\r\ny"}) {
        options.webhook_headers = {{name, secret("v")}};
        EXPECT_TRUE(options.problem()) << name;
    }
    for (const char* value : {"", "a\r\nb", "a\nb", "\x7f"}) {
        options.webhook_headers = {{"x", secret(value)}};
        EXPECT_TRUE(options.problem()) << value;
    }
    options.webhook_headers.assign(33, {"x", secret("v")});
    EXPECT_TRUE(options.problem()) << "too many";
}

TEST(smtp_options, say_what_is_impossible) {
    smtp_options options;
    options.host = "mail.example.com";
    options.from = "a@example.com";
    EXPECT_EQ(options.problem(), std::nullopt);
    EXPECT_EQ(options.port_in_use(), 587);
    options.username = "u";
    EXPECT_TRUE(options.problem()) << "a name without a word";
    options.password = secret("p");
    EXPECT_EQ(options.problem(), std::nullopt);
    options.security = smtp_security::none;
    EXPECT_EQ(options.port_in_use(), 25);
    EXPECT_TRUE(options.problem()) << "in the clear";
    options.host = "127.0.0.1";
    EXPECT_EQ(options.problem(), std::nullopt) << "nobody listens there";
    options.host = "127.evil.example";
    EXPECT_TRUE(options.problem());
    options.host = "a/b";
    EXPECT_TRUE(options.problem());
}

TEST(alert_desk, refuses_impossible_settings_and_changes_nothing) {
    const system_clock time;
    alert_desk desk(time, {});
    alerting_options wrong;
    wrong.ca_file = "/nowhere/at/all.pem";
    EXPECT_THROW(desk.configure(wrong), std::invalid_argument);
    wrong = {};
    wrong.templates.opened = "{nonsense}";
    EXPECT_THROW(desk.configure(wrong), std::invalid_argument);
    alert_options channels;
    channels.webhook = secret("nonsense");
    EXPECT_THROW((void)desk.open_line("t", "e", channels, nullptr), std::invalid_argument);
}

TEST(alert_desk, tells_a_channel_of_the_users) {
    const system_clock time;
    std::vector<alert_notice> told;
    {
        alert_desk desk(time, {});
        alerting_options how;
        how.notify = [&](const alert_notice& notice) { told.push_back(notice); };
        desk.configure(how);
        const auto line = desk.open_line("t", "e", {}, nullptr);
        alert_change change;
        change.open = true;
        change.reason = "failure_share";
        change.at = time.now();
        line->tell(change);
        change.open = false;
        line->tell(change);
        desk.close(10s);
        line->tell(change);  // too late: lost, and harmless
    }
    ASSERT_FALSE(told.empty());
    EXPECT_FALSE(told.back().open) << "the last state arrives even at the end";
    EXPECT_EQ(told.front().tool, "t");
    EXPECT_LE(told.size(), 2u);
}

TEST(alert_desk, a_line_that_nobody_holds_says_nothing) {
    const system_clock time;
    int told = 0;
    alert_desk desk(time, {});
    alerting_options how;
    how.notify = [&](const alert_notice&) { ++told; };
    desk.configure(how);
    desk.open_line("t", "e", {}, nullptr).reset();
    desk.close(1s);
    EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace symphony
