#include "net/no_proxy.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony::net::detail {
namespace {

struct row {
    const char* list;
    const char* host;
    std::uint16_t port;
    bool excepted;
};

TEST(no_proxy, names_hosts_suffixes_ports_addresses_and_networks) {
    const row rows[]{
        {"", "api.test", 443, false},
        {" , ,", "api.test", 443, false},
        {"*", "api.test", 443, true},
        {"a, *", "10.0.0.1", 80, true},
        {"api.test", "api.test", 443, true},
        {"API.Test.", "api.test", 443, true},
        {"api.test", "api.test.", 443, true},
        {"api.test", "v2.api.test", 443, true},
        {"api.test", "myapi.test", 443, false},
        {"api.test", "api.test.evil", 443, false},
        {"api.test", "test", 443, false},
        {".test", "api.test", 443, true},
        {".api.test", "api.test", 443, false},
        {"*.api.test", "v2.api.test", 443, true},
        {"*.api.test", "api.test", 443, false},
        {"other,api.test other2", "api.test", 443, true},
        {"other\tapi.test\n", "api.test", 443, true},
        {"api.test:8443", "api.test", 8443, true},
        {"api.test:8443", "v2.api.test", 8443, true},
        {"api.test:8443", "api.test", 443, false},
        {"api.test:", "api.test", 443, false},
        {"api.test:x", "api.test", 443, false},
        {"api.test:99999", "api.test", 34463, false},
        {":443", "api.test", 443, false},
        {".", "api.test", 443, false},
        {"10.1.2.3", "10.1.2.3", 80, true},
        {"10.1.2.3", "10.1.2.30", 80, false},
        {"1.2.3", "10.1.2.3", 80, false},
        {".3", "10.1.2.3", 80, false},
        {"10.1.2.3:80", "10.1.2.3", 80, true},
        {"10.1.2.3:81", "10.1.2.3", 80, false},
        {"10.0.0.0/8", "10.200.1.1", 80, true},
        {"10.0.0.0/8", "11.0.0.1", 80, false},
        {"10.0.0.0/8", "api.test", 80, false},
        {"192.168.4.0/23", "192.168.5.255", 80, true},
        {"192.168.4.0/23", "192.168.6.0", 80, false},
        {"0.0.0.0/0", "8.8.8.8", 80, true},
        {"0.0.0.0/0", "::1", 80, false},
        {"10.0.0.1/32", "10.0.0.1", 80, true},
        {"10.0.0.0/33", "10.0.0.0", 80, false},
        {"10.0.0.0/", "10.0.0.0", 80, false},
        {"10.0.0.0/-1", "10.0.0.0", 80, false},
        {"/8", "10.0.0.0", 80, false},
        {"::1", "::1", 80, true},
        {"[::1]", "::1", 80, true},
        {"[::1]:80", "::1", 80, true},
        {"[::1]:81", "::1", 80, false},
        {"[::1", "::1", 80, false},
        {"[::1]x", "::1", 80, false},
        {"0:0:0:0:0:0:0:1", "::1", 80, true},
        {"fd00::/8", "fd12::1", 80, true},
        {"fd00::/8", "fe80::1", 80, false},
        {"::/129", "::1", 80, false},
        {"127.0.0.1", "::ffff:127.0.0.1", 80, true},
        {"127.0.0.0/8", "::ffff:127.0.0.1", 80, true},
    };
    for (const row& one : rows) {
        EXPECT_EQ(is_excepted(one.list, one.host, one.port), one.excepted)
            << one.list << " for " << one.host << ":" << one.port;
    }
}

TEST(no_proxy, reads_64_KiB_at_most) {
    const std::string padding(std::size_t{64} << 10, ',');
    EXPECT_FALSE(is_excepted(padding + "*", "api.test", 443));
    EXPECT_TRUE(is_excepted(padding.substr(1) + "*", "api.test", 443));
}

}  // namespace
}  // namespace symphony::net::detail
