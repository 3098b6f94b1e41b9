#include "redirect_rig.hpp"

#include <gmock/gmock.h>

#include <map>
#include <ostream>
#include <string>

// What is sent when an API redirects: RFC 9110, 15.4, and the Fetch standard, 4.4.

namespace symphony {
namespace {

using namespace call_testing;
using ::testing::HasSubstr;

// Methods.

struct method_row {
    int status;
    const char* before;
    const char* after;
    bool keeps_body;
};

void PrintTo(const method_row& one, std::ostream* out) {
    *out << one.status << ' ' << one.before;
}

class redirect_method : public endpoint_redirect,
                        public ::testing::WithParamInterface<method_row> {};

TEST_P(redirect_method, becomes_what_it_should) {
    const method_row& one = GetParam();
    clockwork.answer(redirect(one.status, "/v2/there"));
    request what(one.before, "/here", "text");
    what.fields = {{"content-type", "text/plain"},
                   {"content-language", "en"},
                   {"x-own", "1"},
                   {"digest", "x"}};
    EXPECT_EQ(status_of(what), 200);
    ASSERT_EQ(count(), 2u);
    EXPECT_EQ(sent(0).method, one.before);
    EXPECT_EQ(sent(1).method, one.after);
    EXPECT_EQ(sent(1).target, "/v2/there");
    EXPECT_EQ(sent(1).body, one.keeps_body ? "text" : "");
    for (const char* name : {"content-type", "content-language", "digest"})
        EXPECT_EQ(sent(1).fields.contains(name), one.keeps_body) << name;
    EXPECT_EQ(sent(1).fields.get("x-own"), "1");
}

INSTANTIATE_TEST_SUITE_P(
    all, redirect_method,
    ::testing::Values(method_row{301, "GET", "GET", true}, method_row{301, "POST", "GET", false},
                      method_row{301, "HEAD", "HEAD", true}, method_row{301, "PUT", "PUT", true},
                      method_row{302, "GET", "GET", true}, method_row{302, "POST", "GET", false},
                      method_row{302, "DELETE", "DELETE", true},
                      method_row{303, "GET", "GET", true}, method_row{303, "POST", "GET", false},
                      method_row{303, "PUT", "GET", false}, method_row{303, "DELETE", "GET", false},
                      method_row{303, "HEAD", "HEAD", true}, method_row{307, "POST", "POST", true},
                      method_row{307, "GET", "GET", true}, method_row{308, "POST", "POST", true},
                      method_row{308, "PATCH", "PATCH", true}));

// Which answers are followed.

TEST_F(endpoint_redirect, only_those_that_say_where_to) {
    for (const int status : {300, 304, 305, 306}) {
        clockwork.answer(redirect(status, "/v2/there"));
        EXPECT_EQ(status_of(), status);
    }
    clockwork.answer(answer(302));
    EXPECT_EQ(status_of(), 302) << "without a Location";
    EXPECT_EQ(count(), 5u);
    EXPECT_TRUE(events.empty());
}

TEST_F(endpoint_redirect, none_unless_asked_for) {
    options.redirects = redirect_options();
    clockwork.answer(redirect(302, "/v2/there"));
    const auto got = call();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 302);
    EXPECT_EQ(got->body, "moved");
    EXPECT_EQ(count(), 1u);
    EXPECT_TRUE(events.empty());
}

TEST_F(endpoint_redirect, locations_are_resolved) {
    options.url = "https://api.test/v2?key=1";
    const std::map<std::string, std::string> cases{
        {"/x?y=1#part", "https://api.test/x?y=1"},
        {"other", "https://api.test/v2/other"},
        {"../up", "https://api.test/up"},
        {"?p=2", "https://api.test/v2/at?p=2"},
        {"//cdn.test/z", "https://cdn.test/z"},
        {"https://ann:secret@api.test:443/me", "https://api.test/me"},
        {"https://api.test:444/", "https://api.test:444/"},
    };
    for (const auto& [location, expected] : cases) {
        clockwork.answer(redirect(307, location));
        EXPECT_EQ(status_of(request("/at")), 200);
        EXPECT_EQ(last_url(), expected);
        EXPECT_TRUE(sent(count() - 1).where->base.user_info.empty());
    }
}

TEST_F(endpoint_redirect, what_cannot_be_followed_is_the_answer) {
    options.url = "https://api.test/v2";
    const std::map<std::string, std::string> cases{
        {"http://api.test/v2/x", "from https to http"},
        {"ftp://api.test/x", "no http or https URL"},
        {"wss://api.test/x", "no http or https URL"},
        {"javascript:alert(1)", "no http or https URL"},
        {"https://", "no http or https URL"},
        {"https://api.test/v2/at", "in a circle"},
    };
    for (const auto& [location, expected] : cases) {
        events.clear();
        clockwork.answer(redirect(302, location));
        const auto got = call(request("/at"));
        ASSERT_TRUE(got);
        EXPECT_EQ(got->status, 302);
        EXPECT_EQ(got->body, "moved");
        EXPECT_THAT(why_not(), HasSubstr(expected));
    }
    EXPECT_EQ(count(), cases.size());
}

TEST_F(endpoint_redirect, locations_that_differ_are_none) {
    response two = answer(302, {{"location", "/a"}, {"location", "/b"}});
    clockwork.answer(std::move(two));
    EXPECT_EQ(status_of(), 302);
    EXPECT_EQ(count(), 1u);
}

TEST_F(endpoint_redirect, no_more_than_allowed) {
    options.redirects.max = 3;
    clockwork.on_request(
        [n = 0](const auto&) mutable { return redirect(302, "/v2/" + std::to_string(++n)); });
    const auto got = call();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 302);
    EXPECT_EQ(got->fields.get("location"), "/v2/4");
    EXPECT_EQ(got->attempts, 1);
    EXPECT_EQ(count(), 4u);
    EXPECT_THAT(why_not(), HasSubstr("maxRedirects"));
}

TEST_F(endpoint_redirect, a_circle_ends_where_it_closes) {
    clockwork.on_request(
        [](const auto& got) { return redirect(302, got.target == "/v2/a" ? "/v2/b" : "/v2/a"); });
    EXPECT_EQ(status_of(request("/a")), 302);
    EXPECT_EQ(count(), 2u);
    // The same place by another method is another question.
    clockwork.on_request([](const auto& got) {
        return got.method == "POST" ? redirect(303, "/v2/a") : fake_answer(200);
    });
    EXPECT_EQ(status_of(request("POST", "/a")), 200);
}

TEST_F(endpoint_redirect, a_streamed_body_is_not_sent_again) {
    for (const int status : {307, 308, 302}) {
        clockwork.answer(redirect(status, "/v2/there"));
        request what("PUT", "/here");
        what.stream = std::make_shared<memory_body>(std::vector<std::string>{"text"});
        EXPECT_EQ(status_of(std::move(what)), status);
    }
    EXPECT_EQ(count(), 3u);
    EXPECT_THAT(why_not(), HasSubstr("streamed"));
    clockwork.answer(redirect(303, "/v2/there"));
    request what("PUT", "/here");
    what.stream = std::make_shared<memory_body>(std::vector<std::string>{"text"});
    EXPECT_EQ(status_of(std::move(what)), 200) << "nothing is left to send";
    EXPECT_EQ(sent(count() - 1).method, "GET");
    EXPECT_FALSE(sent(count() - 1).streamed);
}

// One attempt.

TEST_F(endpoint_redirect, all_hops_are_one_attempt) {
    options.rate_limit = rate_limit_options{.max_requests_per_minute = 2};
    options.timeout = 10s;
    clockwork.answer(redirect(302, "/v2/a"));
    clockwork.answer(redirect(302, "/v2/b"));
    const auto got = call();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->attempts, 1);
    EXPECT_EQ(count(), 3u);
    EXPECT_EQ(state.metrics->total().attempts, 1u);
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 1u);
    EXPECT_EQ(sent(2).options.until.at(), sent(0).options.until.at());
}

TEST_F(endpoint_redirect, one_deadline_for_all_hops) {
    options.timeout = 10s;
    clockwork.answer(redirect(302, "/v2/a"));
    clockwork.answer(fake_answer::never());
    const auto pending = start();
    advance(10s);
    ASSERT_TRUE(pending->outcome);
    ASSERT_FALSE(*pending->outcome);
    EXPECT_EQ((*pending->outcome).error().kind, error_kind::timeout);
}

// The first server has had the request, and may have done what it asks for.
TEST_F(endpoint_redirect, a_hop_that_fails_is_not_as_if_nothing_was_sent) {
    options.middleware.error.retry.emplace();
    options.rate_limit = rate_limit_options{.max_requests_per_minute = 2};
    clockwork.answer(redirect(303, "http://other.test/receipt"));
    clockwork.answer(fake_answer::failure(error_kind::connect_failed, false));
    const auto got = call(request("POST", "/orders", "{}"));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::connect_failed);
    EXPECT_TRUE(got.error().maybe_sent);
    EXPECT_EQ(count(), 2u) << "a POST is not repeated";
    EXPECT_EQ(state.gate->look(time.now()).levels[0].remaining, 1u);
}

TEST_F(endpoint_redirect, a_retry_begins_at_the_beginning) {
    options.middleware.error.retry.emplace();
    clockwork.answer(redirect(302, "/v2/a"));
    clockwork.answer(fake_answer(503));
    const auto pending = start(request("/start"));
    advance(10s);
    ASSERT_TRUE(pending->outcome && *pending->outcome);
    EXPECT_EQ((*pending->outcome)->attempts, 2);
    ASSERT_EQ(count(), 3u);
    EXPECT_EQ(sent(2).target, "/v2/start");
}

TEST_F(endpoint_redirect, hedged_requests_follow_too) {
    options.hedge.emplace().after = 100ms;
    clockwork.answer(fake_answer::never());
    clockwork.answer(redirect(302, "/v2/a"));
    const auto pending = start();
    advance(100ms);
    ASSERT_TRUE(pending->outcome && *pending->outcome);
    EXPECT_EQ((*pending->outcome)->status, 200);
    EXPECT_EQ(sent(2).target, "/v2/a");
}

TEST_F(endpoint_redirect, each_hop_is_told_without_its_query) {
    clockwork.answer(redirect(302, "http://other.test/x?key=s3cret"));
    EXPECT_EQ(status_of(), 200);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].name, "call.redirect");
    EXPECT_EQ(events[0].message, "302 followed to http://other.test/x");
}

TEST_F(endpoint_redirect, impossible_options_are_refused) {
    options.redirects.max = 0;
    EXPECT_TRUE(problem(options));
    options.redirects.max = 51;
    EXPECT_TRUE(problem(options));
    options.redirects.max = 50;
    EXPECT_FALSE(problem(options));
    options.http.warm_connections = options.http.max_connections + 1;
    EXPECT_TRUE(problem(options));
    options.http.warm_connections = 0;
    options.http.first_byte_timeout = duration::zero();
    EXPECT_TRUE(problem(options));
}

}  // namespace
}  // namespace symphony
