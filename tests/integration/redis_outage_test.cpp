// A server that goes and comes back, hangs, or talks nonsense; callers that leave.
#include "redis_rig.hpp"
#include "support/misbehaving_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace symphony::test_support {

namespace {

using namespace std::chrono_literals;

// Generous: the machine of a test may be busy. A command that waited for its deadline took 50 ms.
constexpr auto at_once = 20ms;

duration time_of(redis_rig& rig, std::vector<std::string> words) {
    const instant begin = rig.time.now();
    (void)rig.ask(std::move(words));
    return rig.time.now() - begin;
}

redis_options impatient(const redis_server& server) {
    redis_options options = options_for(server);
    options.command_timeout = 50ms;
    return options;
}

// The median of several: one may be hit by another process's turn.
duration usual_time_of(redis_rig& rig, const std::vector<std::string>& words) {
    std::vector<duration> all;
    for (int i = 0; i < 9; ++i)
        all.push_back(time_of(rig, words));
    std::ranges::sort(all);
    return all[all.size() / 2];
}

TEST(redis_outage, a_killed_server_fails_commands_at_once_and_is_noticed_when_back) {
    redis_server server;
    redis_rig rig(impatient(server));
    ASSERT_TRUE(replied(rig.ask({"SET", "k", "v"}), "OK"));
    const auto waiting = rig.start({"DEBUG", "SLEEP", "1"});
    rig.loop.poll();
    server.kill();
    ASSERT_TRUE(rig.finish(waiting));
    EXPECT_TRUE(unavailable(*waiting->outcome));
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(unavailable(rig.ask({"GET", "k"}), "no connection to Redis at 127.0.0.1:"));
    EXPECT_LT(usual_time_of(rig, {"GET", "k"}), at_once);
    rig.loop.restart();
    rig.loop.run_for(600ms);  // so that the back-off is at its longest
    EXPECT_LT(usual_time_of(rig, {"GET", "k"}), at_once);
    server.start();
    EXPECT_LT(rig.until_answered({"PING"}), 1s);
    EXPECT_TRUE(replied(rig.run("return 7", {"k"}), 7));
}

TEST(redis_outage, outstanding_commands_fail_when_the_connection_breaks) {
    redis_server server;
    redis_options options = options_for(server);
    options.command_timeout = 10s;
    redis_rig rig(options);
    ASSERT_TRUE(replied(rig.ask({"PING"}), "PONG"));
    std::vector<redis_rig::call> calls{rig.start({"DEBUG", "SLEEP", "10"})};
    for (int i = 0; i < 20; ++i)
        calls.push_back(rig.start({"ECHO", "x"}));
    rig.loop.restart();
    rig.loop.run_for(30ms);
    const instant begin = rig.time.now();
    server.kill();
    for (const auto& one : calls) {
        ASSERT_TRUE(rig.finish(one));
        EXPECT_TRUE(unavailable(*one->outcome, "was lost"));
        EXPECT_TRUE(one->outcome->error().maybe_sent);
    }
    EXPECT_LT(rig.time.now() - begin, 1s);
}

TEST(redis_outage, a_first_command_finds_no_server) {
    redis_options options;
    {
        const redis_server gone;
        options = options_for(gone);
    }
    redis_rig rig(options);
    EXPECT_TRUE(unavailable(rig.ask({"PING"}), "127.0.0.1:", "refused"));
    EXPECT_FALSE(rig.ask({"PING"}).error().maybe_sent);
}

TEST(redis_outage, time_outs_and_then_the_right_replies) {
    const redis_server server;
    redis_rig rig(impatient(server));
    ASSERT_TRUE(replied(rig.ask({"PING"}), "PONG"));
    const auto sleeper = rig.start({"DEBUG", "SLEEP", "0.15"});
    std::vector<redis_rig::call> calls;
    const instant begin = rig.time.now();
    for (int i = 0; i < 10; ++i)
        calls.push_back(rig.start({"ECHO", "late " + std::to_string(i)}));
    for (const auto& one : calls) {
        ASSERT_TRUE(rig.finish(one));
        EXPECT_TRUE(unavailable(*one->outcome, "did not answer ECHO in time"));
        EXPECT_GE(one->ended_at - begin, 50ms);
        EXPECT_LT(one->ended_at - begin, 150ms);
    }
    EXPECT_TRUE(rig.finish(sleeper));
    // Replies nobody waits for any more come before the ones that are waited for.
    EXPECT_LT(rig.until_answered({"PING"}), 1s);
    for (int i = 0; i < 10; ++i) {
        const std::string text = "now " + std::to_string(i);
        EXPECT_TRUE(replied(rig.ask({"ECHO", text}), text));
    }
}

TEST(redis_outage, a_frozen_server_is_known_as_down_and_noticed_when_back) {
    const redis_server server;
    redis_rig rig(impatient(server));
    ASSERT_TRUE(replied(rig.ask({"PING"}), "PONG"));
    server.freeze();
    EXPECT_GE(time_of(rig, {"PING"}), 50ms);
    const instant begin = rig.time.now();
    while (rig.time.now() - begin < 400ms)
        EXPECT_TRUE(unavailable(rig.ask({"PING"})));
    EXPECT_LT(usual_time_of(rig, {"PING"}), at_once);
    EXPECT_TRUE(unavailable(rig.ask({"PING"})));
    server.thaw();
    EXPECT_LT(rig.until_answered({"PING"}), 1s);
}

TEST(redis_outage, a_replica_is_not_written_to) {
    redis_server_options lonely;
    lonely.config = {"replicaof 127.0.0.1 1"};
    const redis_server server(lonely);
    redis_rig rig(options_for(server));
    EXPECT_TRUE(unavailable(rig.ask({"SET", "k", "v"}), "refused SET", "READONLY"));
    server.cli("replicaof no one");
    EXPECT_LT(rig.until_answered({"SET", "k", "v"}), 1s);
}

TEST(redis_outage, a_server_whose_answers_make_no_sense) {
    const std::vector<std::string> nonsense{"HTTP/1.1 400 Bad Request\r\n\r\n",
                                            "+PONG\r\n*-5\r\n",
                                            "+PONG\r\n$-77\r\n",
                                            "+PONG\r\n:12x\r\n",
                                            "+PONG\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1"
                                            "\r\n*1\r\n*1\r\n:1\r\n",
                                            "+PONG\r\n" + std::string(100'000, '+')};
    for (const std::string& text : nonsense) {
        SCOPED_TRACE(text.substr(0, 40));
        misbehaving_server server(script().send(text).to_end());
        redis_options options;
        options.server.port = server.port();
        options.command_timeout = 2s;
        redis_rig rig(options);
        EXPECT_TRUE(unavailable(rig.ask({"GET", "k"}), "is not Redis's protocol"));
    }
}

TEST(redis_outage, a_reply_that_nobody_asked_for) {
    misbehaving_server server(script().send("+PONG\r\n+and\r\n+more\r\n+yet\r\n").to_end());
    redis_options options;
    options.server.port = server.port();
    options.command_timeout = 2s;
    redis_rig rig(options);
    EXPECT_TRUE(unavailable(rig.ask({"GET", "k"}), "answered what was not asked"));
}

TEST(redis_outage, cut_in_the_middle_of_a_reply_at_every_byte) {
    const std::string answer = "*3\r\n:1\r\n$5\r\nhello\r\n*1\r\n+x\r\n";
    for (std::size_t size = 0; size <= answer.size(); ++size) {
        SCOPED_TRACE(size);
        script plays;
        plays.bytes(14).send("+PONG\r\n").bytes(20).send_in_pieces(answer.substr(0, size));
        misbehaving_server server(plays);
        redis_options options;
        options.server.port = server.port();
        options.command_timeout = 5s;
        redis_rig rig(options);
        const auto got = rig.ask({"GET", "k"});
        if (size < answer.size()) {
            EXPECT_TRUE(unavailable(got, "was lost"));
            continue;
        }
        ASSERT_TRUE(got.has_value());
        ASSERT_EQ(got->items.size(), 3U);
        EXPECT_EQ(got->items[1].text, "hello");
        EXPECT_EQ(got->items[2].items.front().text, "x");
    }
}

TEST(redis_outage, a_cancelled_command_leaves_no_trace) {
    const redis_server server;
    redis_options options = options_for(server);
    options.command_timeout = 5s;
    redis_rig rig(options);
    // While connecting, in the turn of its start, and while the server is busy.
    const auto early = rig.start({"ECHO", "early"});
    rig.loop.poll_one();
    early->cancel.emit(boost::asio::cancellation_type::terminal);
    ASSERT_TRUE(rig.finish(early));
    ASSERT_FALSE(early->outcome->has_value());
    EXPECT_EQ(early->outcome->error().kind, error_kind::cancelled);
    ASSERT_TRUE(replied(rig.ask({"PING"}), "PONG"));
    const auto sleeper = rig.start({"DEBUG", "SLEEP", "0.1"});
    std::vector<redis_rig::call> calls;
    for (int i = 0; i < 10; ++i)
        calls.push_back(rig.start({"ECHO", std::to_string(i)}));
    rig.loop.restart();
    rig.loop.run_for(20ms);
    for (int i = 0; i < 10; i += 2)
        calls[i]->cancel.emit(boost::asio::cancellation_type::terminal);
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(rig.finish(calls[i]));
        if (i % 2 == 1) {
            EXPECT_TRUE(replied(*calls[i]->outcome, std::to_string(i)));
        } else {
            ASSERT_FALSE(calls[i]->outcome->has_value());
            EXPECT_EQ(calls[i]->outcome->error().kind, error_kind::cancelled);
        }
    }
    EXPECT_TRUE(rig.finish(sleeper));
}

// Clock and timers go after it, while its coroutines are still to come to their end.
TEST(redis_outage, the_client_goes_with_commands_outstanding) {
    const redis_server server;
    for (int turns = 0; turns < 30; ++turns) {
        SCOPED_TRACE(turns);
        redis_options options = options_for(server);
        if (turns % 3 == 1) options.server.host = "localhost";
        if (turns % 3 == 2) options.server.port = 1;
        redis_rig rig(options);
        std::vector<redis_rig::call> calls{rig.start({"DEBUG", "SLEEP", "0.02"})};
        for (int i = 0; i < 5; ++i)
            calls.push_back(rig.start({"PING"}));
        for (int i = 0; i < turns; ++i)
            rig.loop.poll_one();
        rig.client.reset();
        rig.wakeups.reset();
        for (const auto& one : calls) {
            ASSERT_TRUE(rig.finish(one));
            if (*one->outcome) continue;
            EXPECT_TRUE(one->outcome->error().kind == error_kind::cancelled ||
                        one->outcome->error().kind == error_kind::store_unavailable);
        }
    }
}

TEST(redis_outage, the_loop_goes_with_commands_outstanding) {
    const redis_server server;
    std::optional<redis_rig> rig(std::in_place, options_for(server));
    (void)replied(rig->ask({"PING"}), "PONG");
    std::vector<redis_rig::call> calls;
    for (int i = 0; i < 5; ++i)
        calls.push_back(rig->start({"PING"}));
    rig->loop.poll_one();
    rig.reset();
}

}  // namespace

}  // namespace symphony::test_support
