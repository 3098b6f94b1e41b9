// The master is where Sentinel says, also after a failover.
#include "redis_rig.hpp"

#include <gtest/gtest.h>

namespace symphony::test_support {

namespace {

using namespace std::chrono_literals;

redis_options options_for(redis_sentinel_set& set) {
    redis_options options;
    options.sentinel.master = "main";
    for (std::size_t i = 0; i < 3; ++i)
        options.sentinel.addresses.push_back({"127.0.0.1", set.sentinel(i).port()});
    options.command_timeout = 200ms;
    return options;
}

// Asks until there is a reply, for as long as a failover takes.
bool comes_back(redis_rig& rig, const std::vector<std::string>& words) {
    return rig.run_until([&] { return rig.ask(words).has_value(); });
}

TEST(redis_sentinel, follows_a_failover) {
    redis_sentinel_set set("hush");
    redis_options options = options_for(set);
    options.sentinel.password = secret("hush");
    options.sentinel.addresses.insert(options.sentinel.addresses.begin(), {"127.0.0.1", 1});
    redis_rig rig(options);
    ASSERT_TRUE(replied(rig.ask({"SET", "k", "before"}), "OK"));
    set.replica().wait_for("get k", "before");
    set.sentinel(0).kill();
    set.master().kill();
    EXPECT_TRUE(unavailable(rig.ask({"GET", "k"})));
    ASSERT_TRUE(comes_back(rig, {"GET", "k"}));
    EXPECT_TRUE(replied(rig.ask({"GET", "k"}), "before"));
    EXPECT_TRUE(replied(rig.run("return redis.call('incr', KEYS[1])", {"n"}), 1));
    EXPECT_NE(set.replica().cli("info replication").find("role:master"), std::string::npos);
}

TEST(redis_sentinel, over_tls) {
    throwaway_ca authority;
    redis_sentinel_set set({}, over_tls(authority));
    redis_options options = options_for(set);
    options.command_timeout = 2s;  // sanitizers are slow, and the first waits for two handshakes
    options.tls = true;
    {
        redis_rig rig(options);
        EXPECT_TRUE(unavailable(rig.ask({"PING"}), "no sentinel names the master 'main'",
                                "is not accepted"));
    }
    options.tls_settings.ca = authority.file();
    redis_rig rig(options);
    ASSERT_TRUE(replied(rig.ask({"SET", "k", "before"}), "OK"));
    set.replica().wait_for("get k", "before");
    set.master().kill();
    ASSERT_TRUE(comes_back(rig, {"GET", "k"}));
    EXPECT_TRUE(replied(rig.ask({"GET", "k"}), "before"));
}

TEST(redis_sentinel, leaves_a_master_that_became_a_replica) {
    redis_sentinel_set set;
    redis_rig rig(options_for(set));
    ASSERT_TRUE(replied(rig.ask({"SET", "k", "before"}), "OK"));
    set.sentinel(1).cli("sentinel failover main");
    set.replica().wait_for("info replication", "role:master");
    // Sentinel tells the old master so only after 8 s of peace, and cuts its clients off then. What
    // they write until that moment is lost.
    set.master().cli("replicaof 127.0.0.1 " + std::to_string(set.replica().port()));
    EXPECT_TRUE(unavailable(rig.ask({"SET", "k", "between"}), "refused SET", "READONLY"));
    ASSERT_TRUE(comes_back(rig, {"SET", "k", "after"}));
    set.replica().wait_for("get k", "after");
}

TEST(redis_sentinel, errors_say_what_is_missing) {
    redis_sentinel_set set("hush");
    redis_options options = options_for(set);
    {
        redis_rig rig(options);
        EXPECT_TRUE(unavailable(rig.ask({"PING"}), "no sentinel names the master 'main'",
                                "refused the credentials"));
    }
    options.sentinel.password = secret("hush");
    options.sentinel.master = "other";
    redis_rig rig(options);
    EXPECT_TRUE(
        unavailable(rig.ask({"PING"}), "no sentinel names the master 'other'", "knows no master"));
}

}  // namespace

}  // namespace symphony::test_support
