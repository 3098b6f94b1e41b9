#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/misbehaving_server.hpp"
#include "symphony/tool/client.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

// Two servers of two origins, and what the second gets to know.

namespace symphony::test_support {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string moved(const std::string& to, const std::string& status = "307 Temporary Redirect") {
    return answer("moved", "Location: " + to + "\r\n", status);
}

std::string address_of(const misbehaving_server& server, const std::string& scheme = "http") {
    return scheme + "://localhost:" + std::to_string(server.port());
}

class redirects : public ::testing::Test {
protected:
    redirects() { api.redirects.follow = redirect_policy::any; }

    [[nodiscard]] result<response> call(const misbehaving_server& first, request what,
                                        const std::string& scheme = "http") {
        api.url = address_of(first, scheme) + "/v2?key=qu3ry";
        tool_options made;
        made.name = "t";
        made.external_apis.push_back({"api", api});
        client_options options;
        options.threads = 1;
        client calls(std::move(options));
        calls.tools().create(std::move(made));
        auto got = calls.call_blocking("t", "api", std::move(what));
        if (got) got->stream.reset();  // which must not outlive the client
        return got;
    }

    endpoint_options api;
};

TEST_F(redirects, credentials_stay_with_the_first) {
    const misbehaving_server second(script().text("text").send(answer("there")).to_end());
    const misbehaving_server first(
        script().text("text").send(moved(address_of(second) + "/else")).to_end());
    api.auth = auth_options{.token = secret("t0ken")};
    api.fields = {{"x-api-key", "k3y"}, {"accept", "text/plain"}};
    request what("POST", "/orders", "text");
    what.fields = {{"cookie", "c00kie"}, {"x-session", "s3ssion"}, {"content-type", "text/plain"}};
    const result<response> got = call(first, what);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "there");
    EXPECT_THAT(first.received(0),
                AllOf(StartsWith("POST /v2/orders?key=qu3ry HTTP/1.1\r\n"), HasSubstr("t0ken"),
                      HasSubstr("k3y"), HasSubstr("c00kie"), HasSubstr("s3ssion")));
    EXPECT_THAT(second.received(0), AllOf(StartsWith("POST /else HTTP/1.1\r\n"),
                                          HasSubstr("text/plain"), HasSubstr("\r\n\r\ntext")));
    for (const char* own : {"t0ken", "k3y", "c00kie", "s3ssion", "qu3ry"})
        EXPECT_THAT(second.received(0), Not(HasSubstr(own)));
}

TEST_F(redirects, the_client_certificate_is_shown_to_the_first_only) {
    throwaway_ca ca;
    const certificate_files server = ca.issue("DNS:localhost");
    const certificate_files alice = ca.issue_client("alice");
    const misbehaving_server second({script().head().send(answer("there")).to_end()}, server,
                                    {ca.file(), true});
    const misbehaving_server first(
        {script().head().send(moved(address_of(second, "https") + "/else")).to_end()}, server,
        {ca.file(), true});
    api.tls.ca = ca.file();
    api.tls.identity = {alice.certificate, secret(alice.key), {}};
    const result<response> got = call(first, request("/"), "https");
    EXPECT_THAT(first.received(0), StartsWith("GET /v2"));
    EXPECT_TRUE(failed_as(got, error_kind::tls_failed, true)) << "the second saw no certificate";
    EXPECT_EQ(second.received(0), "");
}

TEST_F(redirects, a_form_that_was_taken_is_followed_to_its_receipt) {
    const misbehaving_server server(script()
                                        .text("text")
                                        .send(moved("/v2/receipt", "303 See Other"))
                                        .head()
                                        .send(answer("receipt"))
                                        .to_end());
    api.redirects.follow = redirect_policy::same_origin;
    const result<response> got = call(server, request("POST", "/orders", "text"));
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "receipt");
    EXPECT_EQ(server.connections(), 1U) << "on the same connection";
    const std::string seen = server.received(0);
    const std::string receipt = seen.substr(seen.find("GET "));
    EXPECT_THAT(receipt, StartsWith("GET /v2/receipt HTTP/1.1\r\n"));
    EXPECT_THAT(receipt, Not(HasSubstr("ontent-")));
}

TEST_F(redirects, streamed_answers_follow_too) {
    const misbehaving_server server(script()
                                        .head()
                                        .send("HTTP/1.1 302 Found\r\nLocation: /b\r\n"
                                              "Content-Length: 100000\r\n\r\nbegins")
                                        .to_end());
    api.redirects.follow = redirect_policy::same_origin;
    api.redirects.max = 1;
    request what("/a");
    what.stream_response = true;
    const result<response> got = call(server, std::move(what));
    ASSERT_TRUE(answered(got, 302)) << "the second, which is one too many";
    EXPECT_EQ(server.connections(), 2U) << "the rest of the first is left unread";
    EXPECT_THAT(server.received(1), StartsWith("GET /b HTTP/1.1"));
}

TEST_F(redirects, are_passed_on_unless_asked_for) {
    const misbehaving_server second(script().head().send(answer("there")).to_end());
    const misbehaving_server first(script().head().send(moved(address_of(second))).to_end());
    for (const auto policy : {redirect_policy::none, redirect_policy::same_origin}) {
        api.redirects.follow = policy;
        const result<response> got = call(first, request("/"));
        ASSERT_TRUE(answered(got, 307));
        EXPECT_EQ(got->body, "moved");
        EXPECT_EQ(got->fields.get("location"), address_of(second));
    }
    EXPECT_EQ(second.connections(), 0U);
}

}  // namespace
}  // namespace symphony::test_support
