#include "gateway/listen_address.hpp"

#include <gtest/gtest.h>

namespace symphony::gateway {
namespace {

TEST(listen_address, splits_host_and_port) {
    const auto v4 = parse_listen_address("127.0.0.1:8080");
    ASSERT_TRUE(v4);
    EXPECT_EQ(v4->host, "127.0.0.1");
    EXPECT_EQ(v4->port, 8080);
    const auto v6 = parse_listen_address("[::1]:0");
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->text(), "[::1]:0");
}

TEST(listen_address, refuses_anything_else) {
    for (const char* text : {"", "8080", ":8080", "host", "host:", "host:x", "host:65536",
                             "host:-1", "::1:80", "[]:1"})
        EXPECT_FALSE(parse_listen_address(text)) << text;
}

TEST(listen_address, knows_loopback) {
    for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"})
        EXPECT_TRUE(parse_listen_address(text)->is_loopback()) << text;
    for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.example.com:1"})
        EXPECT_FALSE(parse_listen_address(text)->is_loopback()) << text;
}

}  // namespace
}  // namespace symphony::gateway
