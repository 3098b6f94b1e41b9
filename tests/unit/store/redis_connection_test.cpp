#include "fake_redis.hpp"
#include "store/redis_client.hpp"
#include "symphony/testing/fixed_random.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::detail {

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

using outcome = std::optional<result<redis_reply>>;

asio::awaitable<void> perform(redis_commands& client, std::string word,
                              std::shared_ptr<outcome> into) {
    const std::vector<std::string_view> words{"ECHO", word};
    into->emplace(co_await client.command(word, words));
}

// Time stands still but for `pass`; the server is on the same loop.
class redis_connection_test : public ::testing::Test {
protected:
    redis_connection_test() {
        redis_options options;
        options.unix_socket = server.path();
        client = make_redis_commands(options, loop.get_executor(), time, wakeups, chance).value();
    }
    ~redis_connection_test() override {
        client.reset();
        settle();
    }

    void settle() {
        for (int quiet = 0; quiet < 3;) {
            loop.restart();
            quiet = loop.poll() == 0 ? quiet + 1 : 0;
        }
    }
    void pass(duration d) {
        settle();
        wakeups.advance(d);
        settle();
    }
    std::shared_ptr<outcome> start(std::string word) {
        auto into = std::make_shared<outcome>();
        asio::co_spawn(loop, perform(*client, std::move(word), into),
                       [](const std::exception_ptr& fault) { EXPECT_FALSE(fault); });
        return into;
    }
    std::shared_ptr<outcome> ask(std::string word) {
        auto into = start(std::move(word));
        settle();
        return into;
    }
    static std::string text_of(const std::shared_ptr<outcome>& got) {
        if (!*got) return "(waits)";
        return **got ? (**got)->text : (**got).error().message;
    }
    static bool failed_with(const std::shared_ptr<outcome>& got, std::string_view part) {
        return *got && !**got && (**got).error().kind == error_kind::store_unavailable &&
               (**got).error().message.find(part) != std::string::npos;
    }

    asio::io_context loop{1};
    testing::manual_clock time;
    testing::manual_timers wakeups{time, [this] { settle(); }};
    testing::fixed_random chance{0};
    fake_redis server{loop};
    std::unique_ptr<redis_commands> client;
};

TEST_F(redis_connection_test, the_commands_of_a_turn_go_out_together) {
    const auto one = start("one");
    const auto two = start("two");
    settle();
    EXPECT_EQ(server.count(), 1U);
    const std::string both = "*2\r\n$4\r\nECHO\r\n$3\r\none\r\n*2\r\n$4\r\nECHO\r\n$3\r\ntwo\r\n";
    EXPECT_EQ(server.last().received, "*1\r\n$4\r\nPING\r\n" + both);
    server.say("+first\r\n");
    settle();
    EXPECT_EQ(text_of(one), "first");
    EXPECT_EQ(text_of(two), "(waits)");
    server.say("+second\r\n");
    settle();
    EXPECT_EQ(text_of(two), "second");
}

TEST_F(redis_connection_test, a_command_waits_for_the_connection_until_its_own_deadline) {
    server.greets = false;
    const auto early = ask("early");
    pass(30ms);
    const auto later = ask("later");
    pass(20ms - 1ns);
    EXPECT_EQ(text_of(early), "(waits)");
    pass(1ns);
    EXPECT_TRUE(failed_with(early, "was not connected in time for ECHO"));
    EXPECT_FALSE((**early).error().maybe_sent);
    EXPECT_EQ(text_of(later), "(waits)");
    server.say("+PONG\r\n");
    settle();
    server.say("+answer\r\n");
    settle();
    EXPECT_EQ(text_of(later), "answer");
    EXPECT_EQ(server.last().received.find("early"), std::string::npos) << "never sent later";
}

TEST_F(redis_connection_test, a_late_reply_goes_nowhere) {
    const auto late = ask("late");
    pass(50ms);
    EXPECT_TRUE(failed_with(late, "did not answer ECHO in time"));
    EXPECT_TRUE((**late).error().maybe_sent);
    const auto next = ask("next");
    server.say("+late\r\n+next\r\n");
    settle();
    EXPECT_EQ(text_of(next), "next");
    EXPECT_EQ(server.count(), 1U);
}

TEST_F(redis_connection_test, a_silent_connection_is_opened_anew) {
    (void)ask("one");
    server.greets = false;
    for (int i = 0; i < 4; ++i) {
        const auto one = ask("one");
        pass(50ms);
        EXPECT_TRUE(failed_with(one, "did not answer ECHO in time")) << i;
    }
    EXPECT_EQ(server.count(), 2U);
    const auto at_once = ask("at once");
    EXPECT_TRUE(failed_with(at_once, "stays silent"));
    pass(300ms);
    server.say("+PONG\r\n");
    settle();
    const auto back = ask("back");
    server.say("+back\r\n");
    settle();
    EXPECT_EQ(text_of(back), "back");
}

TEST_F(redis_connection_test, a_busy_server_that_answers_late_keeps_its_connection) {
    std::shared_ptr<outcome> last;
    for (int i = 0; i < 40; ++i) {
        (void)ask("one");
        pass(60ms);
        server.say("+one\r\n");
        settle();
    }
    EXPECT_EQ(server.count(), 1U);
}

TEST_F(redis_connection_test, attempts_go_on_with_back_off_while_in_use) {
    server.hangs_up = true;
    EXPECT_TRUE(failed_with(ask("one"), server.path()));
    EXPECT_EQ(server.count(), 1U);
    pass(10ms);
    EXPECT_EQ(server.count(), 2U) << "the first retry is quick";
    for (int i = 0; i < 40; ++i) {
        pass(50ms);
        EXPECT_TRUE(failed_with(ask("one"), server.path())) << "at once, not after 50 ms";
    }
    const std::size_t before = server.count();
    EXPECT_GE(before, 15U);
    EXPECT_LE(before, 25U);
    pass(1s);
    EXPECT_EQ(server.count(), before + 8) << "with the least jitter 125 ms apart";
    server.hangs_up = false;
    pass(250ms);
    const auto back = ask("back");
    server.say("+back\r\n");
    settle();
    EXPECT_EQ(text_of(back), "back");
}

TEST_F(redis_connection_test, attempts_end_when_nobody_asks) {
    server.hangs_up = true;
    (void)ask("one");
    pass(6s);
    const std::size_t before = server.count();
    pass(60s);
    EXPECT_EQ(server.count(), before);
    EXPECT_EQ(wakeups.pending(), 0U);
    server.hangs_up = false;
    const auto anew = ask("anew");
    server.say("+anew\r\n");
    settle();
    EXPECT_EQ(text_of(anew), "anew") << "not known to be down any more: it waits for an attempt";
}

TEST_F(redis_connection_test, a_connection_that_ends_at_rest_is_opened_by_the_next_command) {
    const auto one = ask("one");
    server.say("+one\r\n");
    pass(60s);
    server.last().socket.close();
    settle();
    EXPECT_EQ(server.count(), 1U);
    const auto two = ask("two");
    EXPECT_EQ(server.count(), 2U);
    server.say("+two\r\n");
    settle();
    EXPECT_EQ(text_of(two), "two");
}

TEST_F(redis_connection_test, a_connection_lost_in_use_is_opened_at_once) {
    const auto one = ask("one");
    server.last().socket.close();
    settle();
    EXPECT_TRUE(failed_with(one, "was lost"));
    pass(10ms);
    EXPECT_EQ(server.count(), 2U);
}

// The socket's buffers are full: the second and the third command stay here.
TEST_F(redis_connection_test, a_command_that_was_given_up_unsent_is_not_sent_later) {
    server.reads = false;
    const auto large = ask(std::string(12'000'000, 'x'));
    const auto unsent = ask("unsent");
    pass(30ms);
    const auto kept = ask("kept");
    pass(20ms);
    EXPECT_TRUE(failed_with(large, "did not answer"));
    EXPECT_TRUE((**large).error().maybe_sent);
    EXPECT_TRUE(failed_with(unsent, "did not answer"));
    EXPECT_FALSE((**unsent).error().maybe_sent);
    server.reads = true;
    server.read_on();
    settle();
    EXPECT_EQ(server.last().received.find("unsent"), std::string::npos);
    EXPECT_TRUE(server.last().received.ends_with("$4\r\nkept\r\n"));
    server.say("+large\r\n+kept\r\n");
    settle();
    EXPECT_EQ(text_of(kept), "kept");
}

TEST_F(redis_connection_test, options_that_contradict_each_other_are_refused) {
    const auto kind_of = [&](const redis_options& options) {
        const auto made = make_redis_commands(options, loop.get_executor(), time, wakeups, chance);
        return made ? std::optional<error_kind>() : made.error().kind;
    };
    redis_options cluster;
    cluster.cluster = true;
    cluster.cluster_nodes = {{"n", 1}};
    EXPECT_EQ(kind_of(cluster), std::nullopt);
    cluster.cluster = false;
    EXPECT_EQ(kind_of(cluster), error_kind::invalid_request);
    cluster.cluster = true;
    cluster.database = 1;
    EXPECT_EQ(kind_of(cluster), error_kind::invalid_request);
    redis_options nameless;
    nameless.sentinel.addresses = {{"s", 1}};
    EXPECT_EQ(kind_of(nameless), error_kind::invalid_request);
    redis_options encrypted;
    encrypted.tls = true;
    encrypted.tls_settings.ca = "/nonexistent";
    EXPECT_EQ(kind_of(encrypted), error_kind::tls_failed);
}

}  // namespace

}  // namespace symphony::detail
