#include "call/fallback.hpp"

#include "call_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;

// t.e falls back to b.e, and that to c.e; each answers with a status of its own.
class fallback_test : public ::testing::Test, protected call_rig {
protected:
    fallback_test() {
        options.circuit_breaker.emplace().failure_threshold = 1;
        options.circuit_breaker->reset_timeout = 10s;
        second = options;
        third = options;
        transport.on_send = [this](const sent_request& seen) -> result<response> {
            if (seen.target.starts_with("/b") && broken) return failure(*broken, true);
            return answer(seen.target.starts_with("/b")   ? b_status
                          : seen.target.starts_with("/c") ? 203
                                                          : 500);
        };
        second.url = "http://b.test/b";
        third.url = "http://c.test/c";
    }

    std::shared_ptr<endpoint> other(const char* name, const endpoint_options& how) {
        auto made = endpoint::make(how, endpoint_events(name, "e", {}));
        endpoint_state its;
        its.metrics = std::make_shared<endpoint_metrics>();
        its.budget = std::make_shared<retry_budget>();
        if (how.rate_limit) its.gate = rate_gate::make(*how.rate_limit, here);
        if (how.circuit_breaker) {
            its.breaker = std::make_shared<breaker_cell>(*how.circuit_breaker, (*made)->events(),
                                                         its.metrics);
        }
        (*made)->attach(its);
        return *made;
    }

    void set_up() {
        build();
        c = other("c", third);
        b = other("b", second);
        b->fall_back_to(c);
        std::const_pointer_cast<endpoint>(on)->fall_back_to(b);
        ASSERT_EQ(call()->status, 500);
        ASSERT_TRUE(state.breaker->breaker().look(time.now())) << "open from here on";
    }

    result<response> ask(request what = {}) { return call(std::move(what)); }

    endpoint_options second;
    endpoint_options third;
    std::shared_ptr<endpoint> b;
    std::shared_ptr<endpoint> c;
    int b_status = 202;
    std::optional<error_kind> broken;
};

TEST_F(fallback_test, takes_what_the_circuit_refuses_and_says_so) {
    set_up();
    const auto got = ask();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 202);
    EXPECT_EQ(got->served_by, "b.e");
    EXPECT_EQ(
        state.metrics->total().calls_failed[static_cast<std::size_t>(error_kind::circuit_open)],
        1u);
    EXPECT_EQ(b->state().metrics->total().calls_ok, 1u);
    EXPECT_THAT(event_names(), ::testing::Contains("call.fallback"));
}

TEST_F(fallback_test, takes_nothing_else) {
    set_up();
    time.advance(10s);
    const auto got = ask();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 500) << "an answer of the API itself";
    EXPECT_EQ(got->served_by, std::nullopt);
}

TEST_F(fallback_test, goes_on_to_the_next_one) {
    set_up();
    b->state().breaker->breaker().control(circuit_control::open, time.now());
    const auto got = ask();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 203);
    EXPECT_EQ(got->served_by, "c.e");
}

TEST_F(fallback_test, has_its_own_breaker) {
    b_status = 500;
    set_up();
    EXPECT_EQ(ask()->status, 500);
    EXPECT_EQ(ask()->status, 203) << "b.e is open too";
}

TEST_F(fallback_test, when_all_refuse_the_refusal_is_of_who_was_asked_and_names_all) {
    set_up();
    b->state().breaker->breaker().control(circuit_control::open, time.now());
    c->state().breaker->breaker().control(circuit_control::open, time.now());
    const auto got = ask();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::circuit_open);
    EXPECT_EQ(got.error().retry_after, 10s);
    EXPECT_EQ(got.error().message,
              "the circuit is open; the fallback b.e: the circuit is open; the fallback c.e: the "
              "circuit is open");
}

TEST_F(fallback_test, under_its_own_rate_limit) {
    second.rate_limit.emplace().max_requests_per_minute = 1;
    second.rate_limit->max_queue_size = 0;
    set_up();
    EXPECT_TRUE(ask());
    const auto got = ask();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::circuit_open);
    EXPECT_THAT(got.error().message, ::testing::HasSubstr("the fallback b.e: the rate limit"));
    EXPECT_EQ(got.error().retry_after, 10s) << "who is back first";
}

TEST_F(fallback_test, its_failure_is_a_failure) {
    broken = error_kind::connection_lost;
    set_up();
    const auto got = ask();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::connection_lost);
    EXPECT_THAT(got.error().message,
                ::testing::StartsWith("the circuit is open; the fallback b.e"));
}

TEST_F(fallback_test, gets_the_same_call) {
    options.method = "PUT";
    set_up();
    request what("/orders/7?x=1");
    what.fields.add("x-mine", "1");
    what.body = "content";
    ASSERT_TRUE(ask(what));
    const sent_request& seen = transport.sent.back();
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.target, "/b/orders/7?x=1");
    EXPECT_EQ(seen.body, "content");
    EXPECT_THAT(seen.fields, ::testing::Contains(::testing::Pair("x-mine", "1")));
}

TEST_F(fallback_test, gets_no_credentials_that_were_not_meant_for_it) {
    options.auth = auth_options{.token = secret("t0ken")};
    set_up();
    request what;
    what.fields.add("authorization", "Bearer mine");
    ASSERT_TRUE(ask(what));
    for (const auto& [name, value] : transport.sent.back().fields)
        EXPECT_NE(name, "authorization") << value;
}

TEST_F(fallback_test, within_what_is_left_of_the_time) {
    options.timeout = 5s;
    second.timeout = 60s;
    set_up();
    ASSERT_TRUE(ask());
    EXPECT_EQ(transport.sent.back().until.at(), time.now() + 5s);
    request hurried;
    hurried.timeout = 1s;
    ASSERT_TRUE(ask(hurried));
    EXPECT_EQ(transport.sent.back().until.at(), time.now() + 1s);
}

}  // namespace
}  // namespace symphony
