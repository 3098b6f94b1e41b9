// One server: who may connect and how, scripts, and many commands at once.
#include "redis_rig.hpp"
#include "symphony/testing/fail_count.hpp"

#include <gtest/gtest.h>

namespace symphony::test_support {

namespace {

using namespace std::chrono_literals;

const std::string add_script = "return redis.call('incrby', KEYS[1], ARGV[1])";

TEST(redis_single, commands_and_scripts) {
    const redis_server server;
    redis_rig rig(options_for(server));
    EXPECT_TRUE(replied(rig.ask({"SET", "name", "va\r\nlue"}), "OK"));
    EXPECT_TRUE(replied(rig.ask({"GET", "name"}), "va\r\nlue"));
    EXPECT_TRUE(replied(rig.run(add_script, {"count"}, {"2"}), 2));
    EXPECT_TRUE(replied(rig.run(add_script, {"count"}, {"3"}), 5));
    const auto all = rig.ask({"MGET", "name", "nothing", "count"});
    ASSERT_TRUE(all.has_value());
    ASSERT_EQ(all->items.size(), 3U);
    EXPECT_EQ(all->items[1].kind, detail::redis_reply::type::nil);
    EXPECT_EQ(all->items[2].text, "5");
}

TEST(redis_single, an_error_of_redis_is_kept_apart) {
    const redis_server server;
    redis_rig rig(options_for(server));
    const std::string where = "127.0.0.1:" + std::to_string(server.port());
    EXPECT_TRUE(unavailable(rig.ask({"INCR"}), where + " refused INCR", "wrong number"));
    EXPECT_TRUE(unavailable(rig.run("return redis.error_reply('MY own')", {"k"}),
                            where + " refused EVAL", "MY own"));
    EXPECT_TRUE(replied(rig.ask({"PING"}), "PONG"));
}

TEST(redis_single, a_flushed_script_is_loaded_again) {
    const redis_server server;
    redis_rig rig(options_for(server));
    for (int i = 1; i < 5; ++i) {
        EXPECT_TRUE(replied(rig.run(add_script, {"count"}, {"1"}), i));
        server.cli("script flush");
    }
}

TEST(redis_single, commands_of_one_turn_share_one_connection) {
    const redis_server server;
    redis_rig rig(options_for(server));
    std::vector<redis_rig::call> calls;
    for (int i = 0; i < 500; ++i)
        calls.push_back(rig.start({"ECHO", std::to_string(i)}));
    for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(rig.finish(calls[i]));
        EXPECT_TRUE(replied(*calls[i]->outcome, std::to_string(i)));
    }
    EXPECT_EQ(server.cli("info stats").find("total_connections_received:0"), std::string::npos);
    std::size_t clients = 0;
    const std::string list = server.cli("client list");
    for (std::size_t at = 0; (at = list.find("cmd=echo", at)) != std::string::npos; ++at)
        ++clients;
    EXPECT_EQ(clients, 1U);
}

TEST(redis_single, a_large_command_arrives_whole) {
    const redis_server server;
    redis_options options = options_for(server);
    options.command_timeout = 5s;
    redis_rig rig(options);
    const std::string large(3'000'000, 'x');
    EXPECT_TRUE(replied(rig.ask({"ECHO", large}), large));
}

TEST(redis_single, a_reply_beyond_the_bound_breaks_the_connection) {
    const redis_server server;
    redis_options options = options_for(server);
    options.command_timeout = 5s;
    redis_rig rig(options);
    EXPECT_TRUE(unavailable(rig.run("return string.rep('x', 17 * 1024 * 1024)", {"k"}),
                            "not Redis's protocol"));
    EXPECT_LT(rig.until_answered({"PING"}), 1s);
}

TEST(redis_single, password_and_acl_user) {
    redis_server_options guarded;
    guarded.config = {"requirepass hush", "user anna on >whisper ~app:* +evalsha +eval +incrby"};
    const redis_server server(guarded);
    redis_options options = options_for(server);
    {
        redis_rig rig(options);
        EXPECT_TRUE(unavailable(rig.ask({"PING"}), "refused the credentials", "NOAUTH"));
    }
    options.password = secret("hush");
    options.database = 3;
    {
        redis_rig rig(options);
        EXPECT_TRUE(replied(rig.ask({"SET", "k", "v"}), "OK"));
        EXPECT_EQ(server.cli("--no-auth-warning -a hush -n 3 get k"), "v");
    }
    options.username = "anna";
    options.password = secret("whisper");
    options.database = 0;
    redis_rig rig(options);
    EXPECT_TRUE(replied(rig.run(add_script, {"app:count"}, {"2"}), 2));
    EXPECT_TRUE(unavailable(rig.ask({"SET", "k", "v"}), "refused SET", "NOPERM"));
    EXPECT_TRUE(replied(rig.run(add_script, {"app:count"}, {"2"}), 4));
}

TEST(redis_single, a_wrong_password_is_an_error_without_it) {
    redis_server_options guarded;
    guarded.config = {"requirepass hush"};
    const redis_server server(guarded);
    redis_options options = options_for(server);
    options.password = secret("guess");
    redis_rig rig(options);
    const auto got = rig.ask({"PING"});
    EXPECT_TRUE(unavailable(got, "refused the credentials", "WRONGPASS"));
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ((got.error().message + got.error().remote).find("guess"), std::string::npos);
}

TEST(redis_single, unix_socket) {
    redis_server_options with_socket;
    with_socket.unix_socket = true;
    const redis_server server(with_socket);
    redis_options options;
    options.server.port = 1;
    options.unix_socket = server.unix_socket();
    redis_rig rig(options);
    EXPECT_TRUE(replied(rig.run(add_script, {"count"}, {"2"}), 2));
    options.unix_socket = std::string(200, 'x');
    redis_rig overlong(options);
    EXPECT_TRUE(unavailable(overlong.ask({"PING"}), "too long"));
}

TEST(redis_single, tls) {
    throwaway_ca authority;
    const certificate_files files = authority.issue("DNS:redis.test,IP:127.0.0.1");
    redis_server_options encrypted;
    encrypted.certificate = files.certificate;
    encrypted.key = files.key;
    encrypted.config = {"tls-ca-cert-file " + authority.file(), "requirepass hush"};
    const redis_server server(encrypted);
    redis_options options = options_for(server);
    options.password = secret("hush");
    options.command_timeout = 2s;  // sanitizers are slow, and the first waits for the handshake
    options.tls = true;
    {
        redis_rig rig(options);  // the authority is unknown
        EXPECT_TRUE(unavailable(rig.ask({"PING"}), "is not accepted"));
    }
    options.tls_settings.ca = authority.file();
    options.tls_settings.min_version = "1.3";
    {
        redis_rig rig(options);
        const std::string large(300'000, 'x');
        const auto first = rig.start({"ECHO", large});
        EXPECT_TRUE(replied(rig.run(add_script, {"count"}, {"2"}), 2));
        ASSERT_TRUE(rig.finish(first));
        EXPECT_TRUE(replied(*first->outcome, large));
    }
    options.tls_settings.server_name = "redis.test";
    {
        redis_rig rig(options);
        EXPECT_TRUE(replied(rig.ask({"PING"}), "PONG"));
    }
    options.tls_settings.server_name = "other.test";
    {
        redis_rig rig(options);
        EXPECT_TRUE(unavailable(rig.ask({"PING"}), "does not prove that name"));
    }
    options.tls_settings.ca = "/nonexistent";
    EXPECT_THROW(redis_rig rig(options), std::runtime_error);
}

TEST(redis_single, a_host_name_is_resolved) {
    const redis_server server;
    redis_options options = options_for(server);
    options.command_timeout = 5s;
    options.server.host = "localhost";
    redis_rig rig(options);
    EXPECT_TRUE(replied(rig.ask({"PING"}), "PONG"));
    options.server.host = "nowhere.invalid";
    redis_rig lost(options);
    EXPECT_TRUE(unavailable(lost.ask({"PING"}), "did not resolve"));
}

// Every place where the network can break: the command ends at once, and the next one is answered.
TEST(redis_single, whatever_operation_fails) {
    const redis_server server;
    for (std::size_t unharmed = 0;; ++unharmed) {
        SCOPED_TRACE(unharmed);
        testing::fail_count failing(unharmed);
        redis_rig rig(options_for(server), &failing);
        for (int i = 0; i < 3; ++i) {
            const auto got = rig.run(add_script, {"count"}, {"1"});
            if (!got) EXPECT_TRUE(unavailable(got));
        }
        EXPECT_LT(rig.until_answered({"PING"}), 1s);
        if (!failing.failed()) break;
    }
}

}  // namespace

}  // namespace symphony::test_support
