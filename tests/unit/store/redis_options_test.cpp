#include "symphony/store/redis_options.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace symphony {

namespace {

TEST(redis_options, the_same_when_budgets_and_rights_are) {
    redis_options one;
    redis_options other;
    EXPECT_TRUE(one.same_as(other));
    other.command_timeout = std::chrono::seconds(1);
    other.connect_timeout = std::chrono::seconds(9);
    other.tls_settings.ca = "unused.pem";
    EXPECT_TRUE(one.same_as(other)) << "how long a command may take shares nothing";
    one.unix_socket = other.unix_socket = "/run/redis";
    other.server.port = 1;
    EXPECT_TRUE(one.same_as(other)) << "the socket rules";
    one.sentinel.addresses = other.sentinel.addresses = {{"s", 1}};
    other.unix_socket.clear();
    EXPECT_TRUE(one.same_as(other)) << "Sentinel rules";
}

TEST(redis_options, anything_else_makes_a_difference) {
    const std::vector<std::function<void(redis_options&)>> changes{
        [](redis_options& o) { o.server.host = "other"; },
        [](redis_options& o) { o.server.port = 1; },
        [](redis_options& o) { o.unix_socket = "/run/redis"; },
        [](redis_options& o) { o.username = "anna"; },
        [](redis_options& o) { o.password = secret("x"); },
        [](redis_options& o) { o.database = 1; },
        [](redis_options& o) { o.tls = true; },
        [](redis_options& o) { o.cluster = true; },
        [](redis_options& o) { o.cluster_nodes = {{"n", 1}}; },
        [](redis_options& o) { o.sentinel.addresses = {{"s", 1}}; },
    };
    for (const auto& change : changes) {
        redis_options other;
        change(other);
        EXPECT_FALSE(redis_options().same_as(other));
        EXPECT_FALSE(other.same_as(redis_options()));
        redis_options copy = other;
        EXPECT_TRUE(copy.same_as(other));
    }
    redis_options one;
    one.sentinel = {"main", {{"s", 1}}, "u", secret("x")};
    redis_options other = one;
    other.sentinel.master = "second";
    EXPECT_FALSE(one.same_as(other));
    other = one;
    other.sentinel.password = secret("y");
    EXPECT_FALSE(one.same_as(other));
    other = one;
    one.tls = other.tls = true;
    other.tls_settings.ca = "ca.pem";
    EXPECT_FALSE(one.same_as(other));
}

}  // namespace

}  // namespace symphony
