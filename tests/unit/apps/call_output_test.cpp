#include "cli/call_output.hpp"

#include "symphony/core/json.hpp"

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

json report_of(const response& answer) {
    const std::string text = call_report(answer, 1ms);
    const result<json> read = json::parse(text);
    EXPECT_TRUE(read.has_value()) << text;
    return read.value_or(json());
}

TEST(call_report, shows_an_answer_as_one_object) {
    EXPECT_EQ(call_report(answer_of(200, "application/json", R"({"id":42})"), 1500us),
              R"({"ok":true,"status":200,"headers":{"content-type":"application/json"},)"
              R"("body":{"id":42},"attempts":2,"durationMs":1.5})");
}

TEST(call_report, is_not_ok_from_400_on) {
    EXPECT_TRUE(report_of(answer_of(302, "text/plain", ""))["ok"].as_bool(false));
    EXPECT_FALSE(report_of(answer_of(400, "text/plain", ""))["ok"].as_bool(true));
}

TEST(call_report, gives_text_where_the_body_is_no_json) {
    EXPECT_EQ(report_of(answer_of(200, "text/plain", "{}"))["body"], json("{}"));
    EXPECT_EQ(report_of(answer_of(200, "application/json", "{"))["body"], json("{"));
    EXPECT_EQ(
        report_of(answer_of(200, "application/Problem+JSON; charset=utf-8", "[1]"))["body"][0],
        json(1));
}

TEST(call_report, keeps_json_as_the_api_wrote_it) {
    const char* const body =
        R"({"id":123456789012345678901234567890,"id":2,"n":[1.10,1E2,-0,1e400],"s":"a \u0041\/"})";
    const std::string report = call_report(answer_of(200, "application/json", body), 1ms);
    EXPECT_NE(report.find("\"body\":" + std::string(body) + ",\"attempts\":2"), std::string::npos)
        << report;
}

TEST(call_report, stays_one_line_whatever_the_body_s_layout) {
    const std::string report =
        call_report(answer_of(200, "application/json", "{\r\n\t\"a b\": [ 1, 2 ]\n}\n"), 1ms);
    EXPECT_NE(report.find(R"("body":{"a b":[1,2]},)"), std::string::npos) << report;
    EXPECT_EQ(report.find('\n'), std::string::npos);
}

TEST(call_report, gives_base64_where_the_body_is_no_text) {
    const json report = report_of(answer_of(200, "image/png", "\xff\xfe"));
    EXPECT_EQ(report["bodyBase64"], json("//4="));
    EXPECT_FALSE(report.contains("body"));
}

TEST(call_report, joins_repeated_fields_but_not_cookies) {
    response answer = answer_of(200, "text/plain", "");
    answer.fields.add("X-A", "1");
    answer.fields.add("x-a", "2");
    answer.fields.add("Set-Cookie", "a=1");
    answer.fields.add("Set-Cookie", "b=2");
    const json report = report_of(answer);
    EXPECT_EQ(report["headers"]["x-a"], json("1, 2"));
    EXPECT_EQ(report["headers"]["set-cookie"], json(json::array{"a=1", "b=2"}));
}

TEST(call_report, shows_an_error) {
    error failure;
    failure.kind = error_kind::rate_limited;
    failure.message = "used up";
    failure.retry_after = 1ns;
    EXPECT_EQ(call_report(failure, 0ns),
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
