// A cluster: the right node for each key, while slots move and nodes die.
#include "redis_rig.hpp"
#include "store/cluster_slots.hpp"

#include <gtest/gtest.h>

namespace symphony::test_support {

namespace {

using namespace std::chrono_literals;

redis_options options_for(redis_cluster_set& set, std::size_t first = 0) {
    redis_options options;
    options.cluster = true;
    options.server.port = set.node(first).port();
    options.command_timeout = 2s;
    return options;
}

TEST(redis_cluster, every_key_goes_to_its_node) {
    redis_cluster_set set;
    redis_rig rig(options_for(set));
    for (int i = 0; i < 60; ++i) {
        const std::string key = "key" + std::to_string(i);
        EXPECT_TRUE(replied(rig.ask({"SET", key, "v"}), "OK"));
        EXPECT_TRUE(
            replied(rig.run("return redis.call('append', KEYS[1], ARGV[1])", {key}, {"w"}), 2));
    }
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_NE(set.node(i).cli("dbsize"), "0");
    EXPECT_EQ(set.node(0).cli("cluster keyslot '{user1}.x'"),
              std::to_string(detail::cluster_slot("{user1}.x")));
    // Once the map is known, nobody has to be redirected.
    ASSERT_TRUE(replied(rig.ask({"CONFIG", "RESETSTAT"}), "OK"));
    for (std::size_t i = 0; i < 3; ++i)
        set.node(i).cli("config resetstat");
    for (int i = 0; i < 60; ++i)
        EXPECT_TRUE(replied(rig.ask({"GET", "key" + std::to_string(i)}), "vw"));
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(set.node(i).cli("info errorstats").find("MOVED"), std::string::npos);
}

TEST(redis_cluster, a_slot_moves_while_it_is_used) {
    redis_cluster_set set;
    redis_rig rig(options_for(set, 2));
    std::vector<std::string> keys;
    for (int i = 0; i < 20; ++i)
        keys.push_back("{moving}" + std::to_string(i));
    const int slot = detail::cluster_slot("{moving}");
    std::size_t from = slot <= 5460 ? 0 : slot <= 10'922 ? 1 : 2;
    const std::string count = "return redis.call('incr', KEYS[1])";
    for (int round = 1; round <= 3; ++round) {
        for (const std::string& key : keys)
            ASSERT_TRUE(replied(rig.run(count, {key}), 2 * round - 1));
        const std::size_t to = (from + 1) % 3;
        set.move_slot(slot, from, to, [&] {
            // Half of the keys have gone ahead, and one that never was is asked for, too.
            for (std::size_t i = 0; i < keys.size(); i += 2) {
                set.node(from).cli("migrate 127.0.0.1 " + std::to_string(set.node(to).port()) +
                                   " '" + keys[i] + "' 0 5000");
            }
            for (const std::string& key : keys)
                EXPECT_TRUE(replied(rig.run(count, {key}), 2 * round));
            EXPECT_TRUE(replied(rig.run(count, {"{moving}new"}), round));
        });
        from = to;
    }
    for (const std::string& key : keys)
        EXPECT_TRUE(replied(rig.run(count, {key}), 7));
}

TEST(redis_cluster, over_tls) {
    throwaway_ca authority;
    redis_cluster_set set(false, over_tls(authority));
    redis_options options = options_for(set);
    options.tls = true;
    options.tls_settings.ca = authority.file();
    redis_rig rig(options);
    for (int i = 0; i < 30; ++i)
        EXPECT_TRUE(replied(rig.ask({"SET", "key" + std::to_string(i), "v"}), "OK"));
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_NE(set.node(i).cli("dbsize"), "0");
    const int slot = detail::cluster_slot("key0");
    const std::size_t from = slot <= 5460 ? 0 : slot <= 10'922 ? 1 : 2;
    set.move_slot(slot, from, (from + 1) % 3);
    EXPECT_TRUE(replied(rig.ask({"GET", "key0"}), "v"));
}

TEST(redis_cluster, any_of_its_nodes_says_the_map) {
    redis_cluster_set set;
    redis_options options = options_for(set);
    options.server.port = 1;  // nobody is there
    options.cluster_nodes = {{"127.0.0.1", 2}, {"127.0.0.1", set.node(2).port()}};
    redis_rig rig(options);
    ASSERT_TRUE(rig.run_until([&] { return rig.ask({"SET", "key0", "v"}).has_value(); }));
    for (int i = 0; i < 30; ++i)
        EXPECT_TRUE(replied(rig.ask({"SET", "key" + std::to_string(i), "v"}), "OK"));
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_NE(set.node(i).cli("dbsize"), "0");
}

TEST(redis_cluster, a_node_dies_and_its_replica_takes_over) {
    redis_cluster_set set(true);
    redis_rig rig(options_for(set, 1));
    std::string lost;
    std::string kept;
    for (int i = 0; lost.empty() || kept.empty(); ++i) {
        const std::string key = "key" + std::to_string(i);
        const int slot = detail::cluster_slot(key);
        if (slot > 5460 && slot <= 10'922) lost = key;
        if (slot <= 5460) kept = key;
    }
    ASSERT_TRUE(replied(rig.ask({"SET", lost, "v"}), "OK"));
    ASSERT_TRUE(replied(rig.ask({"SET", kept, "v"}), "OK"));
    set.node(4).wait_for("dbsize", "1");
    set.node(1).kill();
    EXPECT_TRUE(unavailable(rig.ask({"GET", lost})));
    EXPECT_TRUE(replied(rig.ask({"GET", kept}), "v"));
    ASSERT_TRUE(rig.run_until([&] { return rig.ask({"GET", lost}).has_value(); }));
    EXPECT_TRUE(replied(rig.ask({"GET", lost}), "v"));
    EXPECT_TRUE(replied(rig.ask({"GET", kept}), "v"));
}

TEST(redis_cluster, the_client_goes_while_the_map_is_asked_for) {
    redis_cluster_set set;
    for (int turns = 0; turns < 40; turns += 3) {
        redis_rig rig(options_for(set));
        std::vector<redis_rig::call> calls;
        for (int i = 0; i < 6; ++i)
            calls.push_back(rig.start({"GET", "key" + std::to_string(i)}));
        for (int i = 0; i < turns; ++i)
            rig.loop.run_one_for(1ms);
        rig.client.reset();
        rig.wakeups.reset();
        for (const auto& one : calls)
            ASSERT_TRUE(rig.finish(one));
    }
}

}  // namespace

}  // namespace symphony::test_support
