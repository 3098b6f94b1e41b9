#include "store/cluster_slots.hpp"

#include "store/redis_protocol.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace symphony::detail {

namespace {

TEST(cluster_slot, is_the_crc16_of_the_key) {
    EXPECT_EQ(cluster_slot("123456789"), 0x31C3 % 16'384);  // the specification's check value
    EXPECT_EQ(cluster_slot(""), 0);
    EXPECT_EQ(cluster_slot("foo"), 12'182);
    EXPECT_EQ(cluster_slot("bar"), 5061);
}

TEST(cluster_slot, only_the_first_hash_tag_counts) {
    EXPECT_EQ(cluster_slot("{user1000}.following"), cluster_slot("user1000"));
    EXPECT_EQ(cluster_slot("foo{bar}{zap}"), cluster_slot("bar"));
    EXPECT_EQ(cluster_slot("foo{{bar}}zap"), cluster_slot("{bar"));
    EXPECT_EQ(cluster_slot("}{a}"), cluster_slot("a"));
    for (const std::string_view whole : {"foo{}{bar}", "foo{bar", "foo}bar{"})
        EXPECT_NE(cluster_slot(whole), cluster_slot("bar")) << whole;
}

TEST(read_redirection, names_slot_and_server) {
    using enum redirection::type;
    const redirection there = read_redirection("MOVED 3999 127.0.0.1:6381", "asked");
    EXPECT_EQ(there.what, moved);
    EXPECT_EQ(there.slot, 3999);
    EXPECT_EQ(there.to, (redis_address{"127.0.0.1", 6381}));
    EXPECT_EQ(read_redirection("ASK 1 ::1:7000", "asked").to, (redis_address{"::1", 7000}));
    EXPECT_EQ(read_redirection("ASK 1 ::1:7000", "asked").what, ask);
    EXPECT_EQ(read_redirection("MOVED 0 :7000", "asked").to, (redis_address{"asked", 7000}));
    EXPECT_EQ(read_redirection("TRYAGAIN Multiple keys", "").what, try_again);
    EXPECT_EQ(read_redirection("CLUSTERDOWN Hash slot not served", "").what, down);
}

TEST(read_redirection, takes_nothing_else_for_one) {
    for (const std::string_view text :
         {"", "ERR", "MOVED", "MOVED 1", "MOVED 16384 a:1", "MOVED x a:1", "MOVED -1 a:1",
          "MOVED 1 a", "MOVED 1 a:0", "MOVED 1 a:65536", "MOVED 1 a:", "ASK 1 a:1x",
          "MOVEDED 1 a:1"}) {
        EXPECT_EQ(read_redirection(text, "asked").what, redirection::type::none) << text;
    }
}

redis_reply answer(std::string_view text) {
    reply_reader reader;
    redis_reply reply;
    EXPECT_TRUE(reader.feed(text) && reader.next(reply));
    return reply;
}

TEST(cluster_slots, reads_the_map) {
    cluster_slots slots;
    EXPECT_EQ(slots.owner(0), nullptr);
    ASSERT_TRUE(slots.read(answer("*2\r\n"
                                  "*3\r\n:0\r\n:100\r\n*3\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n"
                                  "*4\r\n:200\r\n:16383\r\n*3\r\n$0\r\n\r\n:2\r\n$2\r\nid\r\n"
                                  "*3\r\n$1\r\nr\r\n:3\r\n$2\r\nid\r\n"),
                           "asked"));
    EXPECT_EQ(*slots.owner(0), (redis_address{"a", 1}));
    EXPECT_EQ(*slots.owner(100), (redis_address{"a", 1}));
    EXPECT_EQ(slots.owner(101), nullptr);
    EXPECT_EQ(*slots.owner(200), (redis_address{"asked", 2}));
    EXPECT_EQ(*slots.owner(16'383), (redis_address{"asked", 2}));
    slots.move(150, {"b", 9});
    slots.move(100, {"b", 9});
    EXPECT_EQ(*slots.owner(150), (redis_address{"b", 9}));
    EXPECT_EQ(*slots.owner(100), (redis_address{"b", 9}));
    EXPECT_EQ(*slots.owner(99), (redis_address{"a", 1}));
    EXPECT_EQ(slots.nodes().size(), 3U);
}

TEST(cluster_slots, keeps_the_map_when_the_new_one_makes_no_sense) {
    cluster_slots slots;
    slots.move(7, {"a", 1});
    for (const std::string_view text :
         {"*0\r\n", "+OK\r\n", "*1\r\n:1\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n",
          "*1\r\n*3\r\n:5\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n",
          "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n",
          "*1\r\n*3\r\n:-1\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n",
          "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:65536\r\n",
          "*1\r\n*3\r\n:0\r\n:1\r\n*1\r\n$1\r\na\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n:1\r\n"}) {
        EXPECT_FALSE(slots.read(answer(text), "asked")) << text;
        ASSERT_NE(slots.owner(7), nullptr);
        EXPECT_EQ(*slots.owner(7), (redis_address{"a", 1}));
    }
}

TEST(cluster_slots, knows_no_more_than_so_many_nodes) {
    cluster_slots slots;
    for (std::uint16_t i = 0; i < 2000; ++i)
        slots.move(i, {"host" + std::to_string(i), 1});
    EXPECT_EQ(slots.nodes().size(), cluster_slots::most_nodes);
    EXPECT_EQ(slots.owner(1999), nullptr);
}

}  // namespace

}  // namespace symphony::detail
