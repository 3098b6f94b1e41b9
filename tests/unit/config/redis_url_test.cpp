#include "config/redis_url.hpp"

#include <gtest/gtest.h>

namespace symphony::detail {
namespace {

redis_options read(std::string_view text) {
    redis_options options;
    const result<void> told = read_redis_url(text, options);
    EXPECT_TRUE(told) << text << ": " << told.error().message;
    return options;
}

TEST(redis_url, names_a_server) {
    EXPECT_EQ(read("redis://h").server, (redis_address{"h", 6379}));
    EXPECT_EQ(read("redis://h:1/").server, (redis_address{"h", 1}));
    EXPECT_EQ(read("redis://[::1]:7/3").server, (redis_address{"::1", 7}));
    EXPECT_EQ(read("redis://h/15").database, 15u);
    EXPECT_FALSE(read("redis://h").tls);
    EXPECT_TRUE(read("rediss://h").tls);
}

TEST(redis_url, names_a_user) {
    const redis_options both = read("redis://ann:p%40%3a%2Fx@h:6");
    EXPECT_EQ(both.username, "ann");
    EXPECT_TRUE(both.password.equals("p@:/x"));
    EXPECT_EQ(both.server, (redis_address{"h", 6}));
    const redis_options alone = read("redis://:pw@h");
    EXPECT_EQ(alone.username, "");
    EXPECT_TRUE(alone.password.equals("pw"));
    EXPECT_TRUE(read("redis://u:a@b@h").password.equals("a@b"));
}

TEST(redis_url, names_a_socket) {
    EXPECT_EQ(read("unix:///run/redis.sock").unix_socket, "/run/redis.sock");
    const redis_options full = read("unix://u:p@/run/my%20redis?db=2");
    EXPECT_EQ(full.unix_socket, "/run/my redis");
    EXPECT_EQ(full.username, "u");
    EXPECT_EQ(full.database, 2u);
}

TEST(redis_url, refuses_the_rest_without_repeating_it) {
    for (const char* bad : {"",
                            "SECRET",
                            "http://SECRET",
                            "redis:/SECRET",
                            "redis://",
                            "redis://:SECRET@",
                            "redis://u:SECRET@h:0",
                            "redis://u:SECRET@h:99999",
                            "redis://u:SECRET@h:x",
                            "redis://u:SECRET%4@h",
                            "redis://u:SECRET%zz@h",
                            "redis://u:SECRET@h/16",
                            "redis://u:SECRET@h/x",
                            "redis://u:SECRET@h/1/2",
                            "redis://u:SECRET@[::1",
                            "redis://u:SECRET@h h",
                            "redis://u:SECRET@h/?db=1",
                            "unix://SECRET",
                            "unix://u:SECRET@/",
                            "unix:///run/SECRET?x=1",
                            "unix:///run/SECRET?db=99",
                            "redis://u:SECRET@[::1]x"}) {
        redis_options options;
        const result<void> told = read_redis_url(bad, options);
        ASSERT_FALSE(told) << bad;
        EXPECT_EQ(told.error().message.find("SECRET"), std::string::npos);
        EXPECT_FALSE(told.error().message.empty());
    }
    redis_options options;
    EXPECT_FALSE(read_redis_url("unix:///" + std::string(107, 'x'), options));
}

}  // namespace
}  // namespace symphony::detail
