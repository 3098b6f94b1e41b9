#include "net/name_resolver.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony::net::detail {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

resolved_name at(const char* address) {
    return {{tcp::endpoint(boost::asio::ip::make_address(address), 80)}, {}};
}

TEST(name_cache, believes_addresses_longer_than_failures) {
    name_cache names;
    const instant now{1h};
    EXPECT_EQ(names.find("a", now), nullptr);
    names.put("a", at("10.0.0.1"), now);
    names.put("b", {{}, "no such host"}, now);
    ASSERT_NE(names.find("a", now), nullptr);
    EXPECT_EQ(names.find("a", now)->addresses, at("10.0.0.1").addresses);
    EXPECT_EQ(names.find("b", now)->failure, "no such host");

    EXPECT_NE(names.find("b", now + name_cache::keeps_failures - 1ms), nullptr);
    EXPECT_EQ(names.find("b", now + name_cache::keeps_failures), nullptr);
    EXPECT_NE(names.find("a", now + name_cache::keeps_addresses - 1ms), nullptr);
    EXPECT_EQ(names.find("a", now + name_cache::keeps_addresses), nullptr);
    EXPECT_EQ(names.size(), 0U) << "what is out of date goes";
}

TEST(name_cache, a_newer_word_replaces_the_older) {
    name_cache names;
    names.put("a", at("10.0.0.1"), instant{1h});
    names.put("a", at("10.0.0.2"), instant{1h} + 5s);
    ASSERT_NE(names.find("a", instant{1h} + 14s), nullptr);
    EXPECT_EQ(names.find("a", instant{1h} + 14s)->addresses, at("10.0.0.2").addresses);
    names.forget("a");
    EXPECT_EQ(names.find("a", instant{1h} + 6s), nullptr);
}

TEST(name_cache, is_bounded_and_drops_what_ends_first) {
    name_cache names;
    const instant start{1h};
    for (std::size_t i = 0; i < name_cache::most_names + 10; ++i) {
        names.put(std::to_string(i), at("10.0.0.1"), start + i * 1ms);
        EXPECT_LE(names.size(), name_cache::most_names);
    }
    EXPECT_EQ(names.find("9", start + 1s), nullptr);
    EXPECT_NE(names.find("10", start + 1s), nullptr);
    names.put("late", {{}, "no such host"}, start + 1s);
    EXPECT_NE(names.find("late", start + 1s), nullptr);
    EXPECT_EQ(names.find("10", start + 1s), nullptr);
}

}  // namespace
}  // namespace symphony::net::detail
