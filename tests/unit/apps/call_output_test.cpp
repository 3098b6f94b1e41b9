#include "cli/call_output.hpp"

#include <gtest/gtest.h>

namespace symphony::cli {
namespace {

using namespace std::chrono_literals;

response answer_of(int status, std::string content_type, std::string body) {
    response answer;
    answer.status = status;
    answer.fields.add("Content-Type", content_type);
    answer.body = std::move(body);
    answer.attempts = 2;
    return answer;
}

TEST(call_report, shows_an_answer_as_one_object) {
    const json report = call_report(answer_of(200, "application/json", R"({"id":42})"), 1500us);
    EXPECT_EQ(report.dump(),
              R"({"ok":true,"status":200,"headers":{"content-type":"application/json"},)"
              R"("body":{"id":42},"attempts":2,"durationMs":1.5})");
}

TEST(call_report, is_not_ok_from_400_on) {
    EXPECT_TRUE(call_report(answer_of(302, "text/plain", ""), 1ms)["ok"].as_bool(false));
    EXPECT_FALSE(call_report(answer_of(400, "text/plain", ""), 1ms)["ok"].as_bool(true));
}

TEST(call_report, gives_text_where_the_body_is_no_json) {
    EXPECT_EQ(call_report(answer_of(200, "text/plain", "{}"), 1ms)["body"], json("{}"));
    EXPECT_EQ(call_report(answer_of(200, "application/json", "{"), 1ms)["body"], json("{"));
    EXPECT_EQ(call_report(answer_of(200, "application/Problem+JSON; charset=utf-8", "[1]"),
                          1ms)["body"][0],
              json(1));
}

TEST(call_report, gives_base64_where_the_body_is_no_text) {
    const json report = call_report(answer_of(200, "image/png", "\xff\xfe"), 1ms);
    EXPECT_EQ(report["bodyBase64"], json("//4="));
    EXPECT_FALSE(report.contains("body"));
}

TEST(call_report, joins_repeated_fields_but_not_cookies) {
    response answer = answer_of(200, "text/plain", "");
    answer.fields.add("X-A", "1");
    answer.fields.add("x-a", "2");
    answer.fields.add("Set-Cookie", "a=1");
    answer.fields.add("Set-Cookie", "b=2");
    const json report = call_report(answer, 1ms);
    EXPECT_EQ(report["headers"]["x-a"], json("1, 2"));
    EXPECT_EQ(report["headers"]["set-cookie"], json(json::array{"a=1", "b=2"}));
}

TEST(call_report, shows_an_error) {
    error failure;
    failure.kind = error_kind::rate_limited;
    failure.message = "used up";
    failure.retry_after = 1ns;
    const json report = call_report(failure, 0ns);
    EXPECT_EQ(report.dump(),
              R"({"ok":false,"status":0,"headers":{},"body":null,"attempts":0,"durationMs":0.0,)"
              R"("error":{"kind":"rate_limited","message":"used up","retryAfterMs":1}})");
}

TEST(error_line, is_for_people) {
    error failure;
    failure.kind = error_kind::circuit_open;
    failure.message = "the circuit is open";
    failure.retry_after = 1200ms;
    failure.attempts = 3;
    EXPECT_EQ(error_line(failure),
              "circuit_open: the circuit is open (retry in 1.2 s) after 3 attempts");
}

TEST(head_text, has_status_and_fields) {
    EXPECT_EQ(head_text(answer_of(404, "text/plain", "")),
              "HTTP/1.1 404\r\nContent-Type: text/plain\r\n\r\n");
}

}  // namespace
}  // namespace symphony::cli
