#include "call_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;

// The API answers `api`, its health page `page`; both may be nothing at all.
class health_check_test : public ::testing::Test, protected call_rig {
protected:
    health_check_test() {
        options.circuit_breaker.emplace().failure_threshold = 1;
        options.circuit_breaker->reset_timeout = 10s;
        options.circuit_breaker->max_reset_timeout = 60s;
        options.health_check.emplace().url = "http://user:pass@health.test/up?full=1";
        options.health_check->interval = 4s;
        transport.on_send = [this](const sent_request& seen) -> result<response> {
            const int status = seen.target == page_target ? page : api;
            if (status == 0) return failure(error_kind::connect_failed, false);
            return answer(status);
        };
    }
    ~health_check_test() override {
        if (state.breaker) state.breaker->watch(nullptr);
        settle();
    }

    void open() {
        api = 500;
        ASSERT_TRUE(call());
        ASSERT_EQ(seen(), circuit_state::open);
    }
    circuit_state seen() { return state.breaker->breaker().inspect(time.now()).state; }
    duration wait() { return state.breaker->breaker().look(time.now())->retry_after; }
    std::size_t checks() {
        return static_cast<std::size_t>(std::ranges::count_if(
            transport.sent, [this](const auto& one) { return one.target == page_target; }));
    }

    const std::string page_target = "/up?full=1";
    int api = 200;
    int page = 200;
};

TEST_F(health_check_test, asks_nothing_while_the_circuit_is_closed) {
    ASSERT_TRUE(call());
    advance(1h);
    EXPECT_EQ(checks(), 0u);
    EXPECT_EQ(wakeups.pending(), 0u);
}

TEST_F(health_check_test, a_2xx_half_opens_at_once) {
    page = 204;
    open();
    advance(4s - 1ms);
    EXPECT_EQ(checks(), 0u) << "an interval after the opening";
    advance(1ms);
    EXPECT_EQ(checks(), 1u);
    EXPECT_EQ(seen(), circuit_state::half_open);
    advance(1h);
    EXPECT_EQ(checks(), 1u) << "half-open needs no checks";
    api = 200;
    EXPECT_TRUE(call());
    EXPECT_EQ(seen(), circuit_state::closed);
}

TEST_F(health_check_test, asks_with_the_pages_own_credentials_only) {
    options.auth = auth_options{.token = secret("t0ken")};
    options.fields.add("x-configured", "1");
    open();
    advance(4s);
    ASSERT_EQ(checks(), 1u);
    const auto& check = transport.sent.back();
    EXPECT_EQ(check.method, "GET");
    EXPECT_EQ(check.until.at(), time.now() + 2s) << "its own time-out";
    bool has_credentials = false;
    for (const auto& [name, value] : check.fields) {
        EXPECT_NE(name, "x-configured");
        EXPECT_EQ(value.find("t0ken"), std::string::npos);
        has_credentials = has_credentials || value.starts_with("Basic ");
    }
    EXPECT_TRUE(has_credentials);
}

TEST_F(health_check_test, while_it_fails_the_circuit_stays_open_past_its_time) {
    for (const int bad : {0, 500, 404, 301}) {
        page = bad;
        if (state.breaker) {
            state.breaker->breaker().control(circuit_control::closed, time.now());
            state.breaker->breaker().control(circuit_control::automatic, time.now());
        }
        open();
        advance(40s);
        EXPECT_EQ(seen(), circuit_state::open) << bad;
        EXPECT_EQ(call().error().kind, error_kind::circuit_open) << bad;
        EXPECT_LE(wait(), 6s) << "until the next check is known";
    }
}

TEST_F(health_check_test, at_most_to_the_longest_and_then_a_real_call_decides) {
    page = 0;
    open();
    advance(60s - 1ms);
    EXPECT_FALSE(call());
    advance(1ms);
    api = 200;
    EXPECT_TRUE(call());
    EXPECT_EQ(seen(), circuit_state::closed);
}

TEST_F(health_check_test, is_asked_once_an_interval_and_heals_when_the_page_does) {
    page = 503;
    open();
    advance(12s);
    EXPECT_EQ(checks(), 3u);
    page = 200;
    advance(4s);
    EXPECT_EQ(checks(), 4u);
    EXPECT_EQ(seen(), circuit_state::half_open);
}

TEST_F(health_check_test, a_well_page_of_a_sick_api_costs_a_probe_an_interval) {
    open();
    std::size_t before = transport.sent.size();
    for (int i = 0; i < 10; ++i) {
        advance(4s);
        EXPECT_EQ(seen(), circuit_state::half_open);
        EXPECT_TRUE(call());
        EXPECT_EQ(seen(), circuit_state::open);
        EXPECT_EQ(transport.sent.size() - before, 2u) << "a check and a probe";
        before = transport.sent.size();
    }
}

TEST_F(health_check_test, the_default_interval_is_the_lesser_of_reset_timeout_and_5s) {
    options.health_check->interval.reset();
    build();
    EXPECT_EQ(on->health()->interval(), 5s);
    options.circuit_breaker->reset_timeout = 3s;
    build();
    EXPECT_EQ(on->health()->interval(), 3s);
}

TEST_F(health_check_test, the_first_check_is_heard_before_a_call_may_try) {
    options.health_check->interval.reset();
    options.circuit_breaker->reset_timeout = 3s;  // and so the interval
    page = 500;
    open();
    const std::size_t before = transport.sent.size();
    time.advance(3s);  // both are due, and the check has not been asked yet
    const auto early = call();
    ASSERT_FALSE(early) << "a real call was first";
    EXPECT_EQ(early.error().kind, error_kind::circuit_open);
    advance(20s);
    EXPECT_FALSE(call());
    EXPECT_EQ(transport.sent.size() - before, checks()) << "no call of ours went to a dead API";
}

TEST_F(health_check_test, closing_by_hand_ends_it) {
    page = 500;
    open();
    state.breaker->breaker().control(circuit_control::closed, time.now());
    settle();
    EXPECT_EQ(wakeups.pending(), 0u);
    advance(1h);
    EXPECT_EQ(checks(), 0u);
}

TEST_F(health_check_test, opening_by_hand_asks_nothing) {
    build();
    state.breaker->breaker().control(circuit_control::open, time.now());
    advance(1h);
    EXPECT_EQ(checks(), 0u);
    EXPECT_EQ(seen(), circuit_state::open);
}

TEST_F(health_check_test, an_opening_taken_over_by_hand_asks_no_more) {
    page = 500;
    open();
    advance(4s);
    EXPECT_EQ(checks(), 1u);
    state.breaker->breaker().control(circuit_control::open, time.now());
    advance(1h);
    EXPECT_EQ(seen(), circuit_state::open);
    EXPECT_EQ(checks(), 1u);
}

TEST_F(health_check_test, a_check_under_way_ends_when_the_circuit_does_not_need_it) {
    open();
    transport.held = true;
    advance(4s);
    ASSERT_EQ(checks(), 1u);
    state.breaker->breaker().control(circuit_control::closed, time.now());
    settle();
    transport.release();
    settle();
    EXPECT_EQ(seen(), circuit_state::closed);
    EXPECT_EQ(wakeups.pending(), 0u);
}

TEST_F(health_check_test, retired_it_asks_no_more) {
    open();
    state.breaker->watch(nullptr);
    settle();
    EXPECT_EQ(wakeups.pending(), 0u);
    advance(9s);
    EXPECT_EQ(checks(), 0u);
    advance(1s);
    api = 200;
    EXPECT_TRUE(call()) << "by its time-out alone";
}

TEST_F(health_check_test, closed_in_the_middle_of_a_check_it_does_nothing_more) {
    open();
    transport.held = true;
    advance(4s);
    const auto check = state.breaker->watcher();
    check->close();
    transport.release();
    settle();
    EXPECT_EQ(seen(), circuit_state::open);
    EXPECT_EQ(wakeups.pending(), 0u);
}

TEST_F(health_check_test, a_new_one_begins_while_the_circuit_is_open) {
    options.health_check->interval = 1h;
    open();
    const auto target = on->health();
    options.health_check->interval = 1s;
    auto other = endpoint::make(options, on->events());
    ASSERT_TRUE(other);
    state.breaker->watch(std::make_shared<health_check>((*other)->health(), here, on->events()));
    advance(1s);
    EXPECT_EQ(seen(), circuit_state::half_open);
}

TEST_F(health_check_test, each_check_is_an_event) {
    page = 503;
    open();
    advance(4s);
    page = 200;
    advance(4s);
    std::vector<event> found;
    std::ranges::copy_if(events, std::back_inserter(found),
                         [](const event& e) { return e.name == "circuit.health_check"; });
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].level, severity::debug);
    EXPECT_EQ(found[0].fields[0].second, "false");
    EXPECT_EQ(found[0].fields[1].second, "status 503");
    EXPECT_EQ(found[1].level, severity::info);
    EXPECT_EQ(found[1].fields[0].second, "true");
}

TEST(health_check_options, what_is_impossible_is_said) {
    endpoint_options options;
    options.url = "http://x";
    options.health_check = health_check_options{.url = "http://h"};
    EXPECT_THAT(*problem(options), ::testing::HasSubstr("no circuit breaker"));
    options.circuit_breaker.emplace();
    EXPECT_EQ(problem(options), std::nullopt);
    options.health_check->interval = 1ms;
    EXPECT_THAT(*problem(options), ::testing::HasSubstr("interval"));
    options.health_check->interval.reset();
    options.health_check->timeout = 0s;
    EXPECT_THAT(*problem(options), ::testing::HasSubstr("timeout"));
    options.health_check = health_check_options{.url = "no url"};
    const auto made = endpoint::make(options, endpoint_events("t", "e", {}));
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, ::testing::StartsWith("health check: "));
}

}  // namespace
}  // namespace symphony
