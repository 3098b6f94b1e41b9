#include "call_rig.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace symphony {
namespace {

using namespace call_testing;
using ::testing::Contains;
using ::testing::Not;
using ::testing::Pair;

class endpoint_test : public ::testing::Test, protected call_rig {};

TEST_F(endpoint_test, joins_method_target_fields_and_body) {
    options.url = "http://api.test/v2?key=1";
    options.method = "PUT";
    options.fields = {{"accept", "application/json"}};
    options.auth = auth_options{.token = secret("t0p")};
    request what("/orders/42?full=1");
    what.body = "{}";
    ASSERT_TRUE(call(what));
    ASSERT_EQ(transport.sent.size(), 1u);
    const sent_request& seen = transport.sent.front();
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.target, "/v2/orders/42?key=1&full=1");
    EXPECT_EQ(seen.body, "{}");
    EXPECT_THAT(seen.fields, Contains(Pair("accept", "application/json")));
    EXPECT_THAT(seen.fields, Contains(Pair("authorization", "Bearer t0p")));
}

TEST_F(endpoint_test, user_info_of_the_url_stands_for_basic_credentials) {
    options.url = "http://user:pa%20ss@api.test/";
    ASSERT_TRUE(call());
    EXPECT_THAT(transport.sent.front().fields,
                Contains(Pair("authorization", "Basic dXNlcjpwYSBzcw==")));
}

TEST_F(endpoint_test, a_request_that_cannot_be_is_refused_before_anything_is_spent) {
    options.rate_limit = rate_limit_options{.max_requests_per_minute = 1};
    request costly;
    costly.cost = 1'000'001;
    request low;
    low.priority = 10;
    for (const request& what : {request("/../secret"), request("/%2e%2e/secret"),
                                request("BAD METHOD", "/"), costly, low}) {
        const auto got = call(what);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().kind, error_kind::invalid_request) << got.error().message;
    }
    EXPECT_TRUE(call()) << "the only permit is still there";
}

TEST_F(endpoint_test, an_answer_took_until_it_was_read) {
    options.middleware.error.retry = retry_options{};
    transport.on_send = [this](const auto&) -> result<response> {
        const bool first = transport.sent.size() == 1;
        time.advance(first ? 1s : 4s);
        transport.read_at.reset();
        if (first) transport.read_at = time.now();
        time.advance(1s);  // the thread had other things to do
        return answer(first ? 503 : 200);
    };
    const auto retried = start();
    advance(1s);
    ASSERT_TRUE(retried->outcome && *retried->outcome);
    std::vector<request_series> seen;
    state.metrics->of(here.index).collect_into(seen);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].status, 200);
    EXPECT_EQ(seen[0].durations.sum_seconds, 5) << "by the clock, where nothing else is said";
    EXPECT_EQ(seen[1].status, 503);
    EXPECT_EQ(seen[1].durations.sum_seconds, 1) << "as the transport says";
}

TEST_F(endpoint_test, the_deadline_is_the_lesser_of_endpoint_and_request) {
    options.timeout = 5s;
    request shorter;
    shorter.timeout = 2s;
    request longer;
    longer.timeout = 60s;
    ASSERT_TRUE(call(shorter) && call(longer) && call());
    EXPECT_EQ(transport.sent[0].until.at(), time.now() + 2s);
    EXPECT_EQ(transport.sent[1].until.at(), time.now() + 5s);
    EXPECT_EQ(transport.sent[2].until.at(), time.now() + 5s);
}

TEST_F(endpoint_test, a_deadline_of_nothing_sends_nothing) {
    request what;
    what.timeout = duration::zero();
    const auto got = call(what);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::timeout);
    EXPECT_TRUE(transport.sent.empty());
}

TEST_F(endpoint_test, counts_calls_by_outcome) {
    ASSERT_TRUE(call());
    transport.on_send = [](const auto&) -> result<response> { return answer(404); };
    ASSERT_TRUE(call());
    transport.on_send = [](const auto&) { return failure(error_kind::connect_failed, false); };
    const auto failed = call();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().attempts, 1);
    EXPECT_EQ(state.metrics->total().calls_ok, 1u);
    EXPECT_EQ(state.metrics->total().calls_error, 1u);
    EXPECT_EQ(state.metrics->total().calls_failed[static_cast<int>(error_kind::connect_failed)],
              1u);
    EXPECT_EQ(state.metrics->total().attempts, 3u);
    EXPECT_EQ(state.metrics->total().in_flight, 0u);
}

TEST_F(endpoint_test, a_streamed_answer_goes_on_until_its_end) {
    transport.on_send = [](const auto&) -> result<response> {
        response made = answer(200);
        made.stream = std::make_unique<memory_body>(std::vector<std::string>{"a", "b"});
        return made;
    };
    auto got = call();
    ASSERT_TRUE(got && got->stream);
    EXPECT_EQ(state.metrics->total().in_flight, 1u);
    std::string text;
    asio::co_spawn(
        loop,
        [](body_source& from, std::string& to) -> asio::awaitable<void> {
            for (;;) {
                const auto piece = co_await from.read();
                if (!piece || piece->empty()) co_return;
                to += *piece;
            }
        }(*got->stream, text),
        asio::detached);
    settle();
    EXPECT_EQ(text, "ab");
    EXPECT_EQ(state.metrics->total().in_flight, 0u);
    EXPECT_EQ(state.metrics->total().calls_ok, 1u);
}

TEST_F(endpoint_test, a_streamed_answer_let_go_counts_as_cancelled) {
    transport.on_send = [](const auto&) -> result<response> {
        response made = answer(200);
        made.stream = std::make_unique<memory_body>(std::vector<std::string>{"a"});
        return made;
    };
    ASSERT_TRUE(call());  // and drops it
    EXPECT_EQ(state.metrics->total().in_flight, 0u);
    EXPECT_EQ(state.metrics->total().calls_failed[static_cast<int>(error_kind::cancelled)], 1u);
}

TEST_F(endpoint_test, a_call_without_a_usable_answer_is_told_once) {
    transport.on_send = [](const auto&) { return failure(error_kind::connect_failed, false); };
    ASSERT_FALSE(call());
    const auto names = event_names();
    EXPECT_EQ(std::ranges::count(names, "call.failed"), 1);
    EXPECT_THAT(names, Not(Contains("call.refused")));
}

TEST_F(endpoint_test, a_dropped_authorization_is_told) {
    options.auth = auth_options{.token = secret("t")};
    request what;
    what.fields.add("authorization", "Basic mine");
    ASSERT_TRUE(call(what));
    EXPECT_THAT(event_names(), Contains("call.authorization_dropped"));
}

TEST_F(endpoint_test, options_that_cannot_be_are_refused_in_words) {
    const auto refused = [](auto change) {
        endpoint_options wrong;
        wrong.url = "http://api.test";
        change(wrong);
        return !endpoint::make(wrong, endpoint_events("t", "e", {}));
    };
    EXPECT_TRUE(refused([](auto& o) { o.url = "ftp://api.test"; }));
    EXPECT_TRUE(refused([](auto& o) { o.method = "G T"; }));
    EXPECT_TRUE(refused([](auto& o) { o.timeout = duration::zero(); }));
    EXPECT_TRUE(refused([](auto& o) { o.rate_limit.emplace(); }));
    EXPECT_TRUE(refused([](auto& o) { o.circuit_breaker.emplace().failure_threshold = 0; }));
    EXPECT_TRUE(
        refused([](auto& o) { o.middleware.error.retry.emplace().timing.max_attempts = 0; }));
    EXPECT_TRUE(refused([](auto& o) { o.http.max_connections = 0; }));
    EXPECT_TRUE(refused([](auto& o) { o.auth.emplace(); }));
    EXPECT_TRUE(refused([](auto& o) {
        o.url = "https://api.test";
        o.tls.ca = "/nonexistent/ca.pem";
    }));
}

}  // namespace
}  // namespace symphony
