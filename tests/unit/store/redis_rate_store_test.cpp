#include "store/redis_rate_store.hpp"

#include "fake_redis.hpp"
#include "store/redis_client.hpp"
#include "symphony/testing/fixed_random.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the store makes of answers, and what it asks while a slot moves: before a Redis that says
// what the test tells it to.

namespace symphony::detail {

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using verdict = rate_grant::verdict;

template <class Value>
using outcome = std::shared_ptr<std::optional<result<Value>>>;

constexpr std::int64_t enormous = INT64_MAX;

std::string numbers(const std::vector<std::int64_t>& all) {
    std::string text = "*" + std::to_string(all.size()) + "\r\n";
    for (const std::int64_t n : all)
        text += ":" + std::to_string(n) + "\r\n";
    return text;
}

// Verdict, level, permits, wait, ticket, instances, pause, the ticket below; what is left out is 0.
std::string claim_answer(std::vector<std::int64_t> told) {
    told.resize(8, 0);
    return numbers(told);
}

// Sound RESP, and none that an array of `count` numbers has to do with.
std::vector<std::string> of_another_shape(std::size_t count) {
    const std::vector<std::int64_t> zeros(count, 0);
    const std::string all = numbers(zeros);
    const std::string element = ":0\r\n";
    const std::string without_last = all.substr(0, all.size() - element.size());
    std::vector<std::string> made{
        "+OK\r\n",         "$-1\r\n",      "*-1\r\n",    "*0\r\n",
        "$5\r\nhello\r\n", ":7\r\n",       "$0\r\n\r\n", ":-1\r\n",
        numbers({}),       "*1\r\n*0\r\n", numbers({0}), ":" + std::to_string(enormous) + "\r\n"};
    made.push_back(numbers(std::vector<std::int64_t>(count + 5, 0)));
    made.push_back(numbers(std::vector<std::int64_t>(count - 1, 0)));
    for (const char* last : {"$1\r\n1\r\n", "+1\r\n", "$-1\r\n", "*1\r\n:1\r\n", ":-1\r\n",
                             "-ERR in an array\r\n", ":9223372036854775807\r\n"})
        made.push_back(without_last + last);
    made.push_back("*1\r\n" + all);
    return made;
}

// Time stands still but for `pass`; the server is on the same loop.
class redis_rate_store_test : public ::testing::Test {
protected:
    redis_rate_store_test() { connect(); }
    ~redis_rate_store_test() override {
        store.reset();
        settle();
    }

    void connect() {
        redis_options options;
        options.unix_socket = server.path();
        auto commands =
            make_redis_commands(options, loop.get_executor(), time, wakeups, chance).value();
        store = std::make_unique<redis_rate_store>(std::move(commands), time, chance);
    }
    void settle() {
        for (int quiet = 0; quiet < 3;) {
            loop.restart();
            quiet = loop.poll() == 0 ? quiet + 1 : 0;
        }
    }
    template <class Value>
    outcome<Value> start(asio::awaitable<result<Value>> work) {
        auto into = std::make_shared<std::optional<result<Value>>>();
        asio::co_spawn(loop, std::move(work),
                       [into](const std::exception_ptr& fault, result<Value> got) {
                           EXPECT_FALSE(fault);
                           into->emplace(std::move(got));
                       });
        settle();
        return into;
    }
    outcome<rate_grant> claim() { return start(store->claim(limit, asked)); }
    void say(const std::string& answer) {
        server.say(answer);
        settle();
    }
    // What a claim was told that Redis answered so.
    outcome<rate_grant> claim(const std::string& answer) {
        auto got = claim();
        say(answer);
        return got;
    }
    // What the client has said since this was asked last.
    std::string heard() {
        const std::string& all = server.last().received;
        return all.substr(std::exchange(read_, all.size()));
    }
    static bool has(const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    }

    template <class Value>
    static void expect_unavailable(const outcome<Value>& got, const std::string& answer) {
        ASSERT_TRUE(got->has_value()) << answer;
        ASSERT_FALSE((**got).has_value()) << answer;
        EXPECT_EQ((**got).error().kind, error_kind::store_unavailable) << answer;
    }
    // Nothing of what came before is in the way.
    void expect_in_order() {
        const auto got = claim(claim_answer({0, 0, 1, 0, 77, 1}));
        ASSERT_TRUE(got->has_value() && (**got).has_value());
        EXPECT_EQ((**got)->what, verdict::admitted);
        EXPECT_EQ((**got)->permits, 1U);
        EXPECT_EQ((**got)->ticket, 77U);
        EXPECT_EQ(server.count(), 1U) << "the connection was given up";
    }

    asio::io_context loop{1};
    testing::manual_clock time;
    testing::manual_timers wakeups{time, [this] { settle(); }};
    testing::fixed_random chance{0};
    fake_redis server{loop};
    std::unique_ptr<rate_store> store;
    shared_limit limit{"shop", rate_strategy::sliding_window, {{5, 1s, 0}, {9, 60s, 0}}};
    rate_claim asked;

private:
    std::size_t read_ = 0;
};

TEST_F(redis_rate_store_test, a_claim_believes_nothing_of_another_shape) {
    std::vector<std::string> wrong = of_another_shape(8);
    wrong.insert(wrong.end(), {
                                  claim_answer({4, 0, 1, 0, 77, 1}),         // no such verdict
                                  claim_answer({enormous, 0, 1, 0, 77, 1}),  //
                                  claim_answer({0, 2, 1, 0, 77, 1}),         // no such level
                                  claim_answer({2, 255, 0, 9, 0, 1}),        //
                                  claim_answer({0, 0, 0, 0, 77, 1}),         // a permit for nothing
                                  claim_answer({0, 0, 2, 0, 77, 1}),         // more than wanted
                                  claim_answer({0, 0, 1, 9, 77, 1}),         // at once, and later
                                  claim_answer({1, 0, 1, 0, 77, 1}),         // later, and at once
                                  claim_answer({1, 0, 2, 9, 77, 1}),         //
                                  claim_answer({2, 0, 1, 9, 0, 1}),   // refused with a permit
                                  claim_answer({2, 0, 0, 9, 77, 1}),  //
                                  claim_answer({3, 0, 0, 0, 77, 1}),  //
                                  claim_answer({0, 0, 1, 0, enormous, 1}),
                                  claim_answer({0, 0, 1, 0, 77, enormous}),
                                  claim_answer({2, 0, 0, enormous, 0, 1}),
                                  claim_answer({0, 0, 1, 0, 77, 1, enormous}),
                                  claim_answer({0, 0, 1, 0, 77, 1, 0, 77}),  // above its own
                                  claim_answer({0, 0, 1, 0, 77, 1, 0, enormous}),
                                  claim_answer({2, 0, 0, 9, 0, 1, 0, 1}),
                              });
    for (const std::string& answer : wrong) {
        expect_unavailable(claim(answer), answer);
        expect_in_order();
    }
}

TEST_F(redis_rate_store_test, a_look_of_no_cost_is_given_no_permits) {
    asked.cost = 0;
    asked.want = 3;
    expect_unavailable(claim(claim_answer({0, 0, 1, 0, 77, 1})), "permits for a look");
    expect_unavailable(claim(claim_answer({1, 0, 0, 9, 77, 1})), "a reservation of nothing");
    EXPECT_TRUE((*claim(claim_answer({0, 0, 0, 0, 0, 1})))->has_value());
    asked = {};
    expect_in_order();
}

TEST_F(redis_rate_store_test, a_lease_is_at_most_what_was_wanted) {
    asked.cost = 2;
    asked.want = 4;
    for (const std::int64_t permits : {0, 1, 5}) {
        const std::string answer = claim_answer({0, 0, permits, 0, 77, 1});
        expect_unavailable(claim(answer), answer);
    }
    for (const std::int64_t permits : {2, 3, 4})
        EXPECT_TRUE((*claim(claim_answer({0, 0, permits, 0, 77, 1})))->has_value()) << permits;
}

TEST_F(redis_rate_store_test, what_goes_back_and_a_pause_believe_nothing_of_another_shape) {
    std::vector<std::string> wrong = of_another_shape(2);
    for (const char* more : {":2\r\n", ":4\r\n", "*2\r\n:0\r\n:0\r\n"})
        wrong.emplace_back(more);
    for (const std::string& answer : wrong) {
        const auto given = start(store->give_back(limit, {77, 3}));
        say(answer);
        expect_unavailable(given, answer);
        const auto paused = start(store->pause(limit, 1s));
        say(answer);
        expect_unavailable(paused, answer);
        expect_in_order();
    }
    for (const bool taken : {false, true}) {
        const auto given = start(store->give_back(limit, {77, 3}));
        say(taken ? ":3\r\n" : ":0\r\n");
        ASSERT_TRUE((*given)->has_value());
        EXPECT_EQ(**given, taken);
    }
    const auto paused = start(store->pause(limit, 1s));
    say(":1\r\n");
    EXPECT_TRUE((*paused)->has_value());
}

TEST_F(redis_rate_store_test, a_look_believes_nothing_of_another_shape) {
    std::vector<std::string> wrong = of_another_shape(4);
    wrong.push_back(numbers({6, 0, 9, 0}));  // more than there ever are
    wrong.push_back(numbers({5, 0, 10, 0}));
    wrong.push_back(numbers({enormous, 0, 9, 0}));
    wrong.push_back(numbers({5, enormous, 9, 0}));
    wrong.push_back(numbers({0, 0}));  // of one level only
    for (const std::string& answer : wrong) {
        const auto seen = start(store->look(limit));
        say(answer);
        expect_unavailable(seen, answer);
        expect_in_order();
    }
    const auto seen = start(store->look(limit));
    say(numbers({5, 0, 8, 1'000'000}));
    ASSERT_TRUE((*seen)->has_value());
    EXPECT_EQ((**seen)->levels[1].remaining, 8U);
    EXPECT_EQ((**seen)->levels[1].reset, 1s);
}

constexpr const char* split = "-TRYAGAIN Multiple keys request during rehashing of slot\r\n";
constexpr const char* both_keys =
    "$1\r\n2\r\n$18\r\nsymphony:{shop}:rl\r\n$19\r\nsymphony:{shop}:who\r\n";
constexpr const char* one_key = "$1\r\n1\r\n$18\r\nsymphony:{shop}:rl\r\n$5\r\nclaim\r\n";

TEST_F(redis_rate_store_test, the_registry_is_named_only_where_it_is_needed) {
    (void)claim(claim_answer({0, 0, 1, 0, 77, 3}));
    EXPECT_TRUE(has(heard(), both_keys));
    (void)claim(claim_answer({0, 0, 1, 0, 78, 0}));
    const auto given = start(store->give_back(limit, {78}));
    say(":1\r\n");
    const auto paused = start(store->pause(limit, 1s));
    say(":1\r\n");
    const auto seen = start(store->look(limit));
    say(numbers({5, 0, 9, 0}));
    const std::string words = heard();
    EXPECT_TRUE(has(words, one_key));
    EXPECT_FALSE(has(words, ":who"));
    wakeups.advance(3s);
    (void)claim(claim_answer({0, 0, 1, 0, 79, 3}));
    EXPECT_TRUE(has(heard(), both_keys));
}

TEST_F(redis_rate_store_test, keys_that_are_apart_cost_the_renewal_and_no_claim) {
    auto got = claim();
    EXPECT_TRUE(has(heard(), both_keys));
    say(split);
    EXPECT_TRUE(has(heard(), one_key)) << "at once, without waiting for the slot";
    say(claim_answer({0, 0, 1, 0, 77, 0}));
    ASSERT_TRUE((*got)->has_value());
    EXPECT_EQ((**got)->instances, 1U) << "none is known";
    // For a second nobody asks for the registry.
    wakeups.advance(999ms);
    (void)claim(claim_answer({0, 0, 1, 0, 78, 0}));
    EXPECT_TRUE(has(heard(), one_key));
    wakeups.advance(1ms);
    got = claim(claim_answer({0, 0, 1, 0, 79, 4}));
    EXPECT_TRUE(has(heard(), both_keys));
    EXPECT_EQ((**got)->instances, 4U);
    // What is known by then stays.
    wakeups.advance(3s);
    got = claim();
    EXPECT_TRUE(has(heard(), both_keys));
    say(split);
    EXPECT_TRUE(has(heard(), one_key));
    say(claim_answer({0, 0, 1, 0, 80, 0}));
    EXPECT_EQ((**got)->instances, 4U);
}

TEST_F(redis_rate_store_test, an_error_of_the_budgets_key_alone_is_one) {
    const auto got = claim();
    say(split);
    say("-CLUSTERDOWN The cluster is down\r\n");
    expect_unavailable(got, "CLUSTERDOWN");
    // Nothing but keys that are apart is asked for again.
    (void)heard();
    wakeups.advance(1s);
    expect_unavailable(claim("-OOM command not allowed\r\n"), "OOM");
    const std::string words = heard();
    EXPECT_TRUE(has(words, both_keys));
    EXPECT_FALSE(has(words, one_key));
    expect_in_order();
}

TEST_F(redis_rate_store_test, the_store_goes_at_any_moment_between_two_questions) {
    for (int turns = 0; turns < 12; ++turns) {
        connect();
        const auto got = claim();
        server.say(split);
        loop.restart();
        for (int i = 0; i < turns; ++i)
            loop.poll_one();
        store.reset();
        settle();
        ASSERT_TRUE(got->has_value()) << turns;
        EXPECT_FALSE((**got).has_value()) << turns;
    }
}

}  // namespace

}  // namespace symphony::detail
