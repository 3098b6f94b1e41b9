#include "unit/config/config_fixture.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace symphony::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string limit_with(const std::string& more) {
    return endpoint_with("rateLimit: {maxRequestsPerSecond: 1" + more + "}");
}
std::string redis_with(const std::string& block) {
    return limit_with(", distributed: {redis: {" + block + "}}");
}
rate_sharing_options sharing(const std::string& text) {
    return only_endpoint(parse(text)).rate_sharing.value_or(rate_sharing_options{});
}
redis_options redis(const std::string& block) {
    return sharing(redis_with(block)).redis;
}

TEST(rate_sharing, is_off_without_distributed) {
    EXPECT_FALSE(only_endpoint(parse(limit_with(""))).rate_sharing);
}

TEST(rate_sharing, has_the_documented_defaults) {
    const rate_sharing_options made = sharing(redis_with("host: h"));
    EXPECT_EQ(made.redis.server, (redis_address{"h", 6379}));
    EXPECT_FALSE(made.redis.tls);
    EXPECT_FALSE(made.redis.cluster);
    EXPECT_EQ(made.redis.database, 0u);
    EXPECT_EQ(made.redis.command_timeout, 50ms);
    EXPECT_EQ(made.on_store_failure, store_failure::local);
    EXPECT_TRUE(made.lease);
    EXPECT_EQ(made.lease_time, 100ms);
}

TEST(rate_sharing, every_key_is_read) {
    const redis_options one = redis(
        "host: h, port: 1, username: u, password: p, database: 3, tls: true, commandTimeout: 20, "
        "connectTimeout: 2s");
    EXPECT_EQ(one.server.port, 1u);
    EXPECT_EQ(one.username, "u");
    EXPECT_TRUE(one.password.equals("p"));
    EXPECT_EQ(one.database, 3u);
    EXPECT_TRUE(one.tls);
    EXPECT_EQ(one.command_timeout, 20ms);
    EXPECT_EQ(one.connect_timeout, 2s);
    const redis_options many = redis(
        "sentinels: {master: m, addresses: ['a:1', b, '[::1]:2'], username: s, password: t}, "
        "tls: {serverName: n, minVersion: 1.3}, password: p");
    EXPECT_EQ(many.sentinel.master, "m");
    EXPECT_THAT(many.sentinel.addresses,
                ::testing::ElementsAre(redis_address{"a", 1}, redis_address{"b", 26379},
                                       redis_address{"::1", 2}));
    EXPECT_EQ(many.sentinel.username, "s");
    EXPECT_TRUE(many.sentinel.password.equals("t"));
    EXPECT_TRUE(many.tls);
    EXPECT_EQ(many.tls_settings.server_name, "n");
    EXPECT_EQ(many.tls_settings.min_version, "1.3");
    EXPECT_TRUE(redis("host: h, cluster: true").cluster);
    EXPECT_FALSE(redis("host: h, cluster: false").cluster);
    const redis_options nodes = redis("cluster: [a, 'b:1', '[::1]:2']");
    EXPECT_TRUE(nodes.cluster);
    EXPECT_EQ(nodes.server, (redis_address{"a", 6379}));
    EXPECT_THAT(nodes.cluster_nodes,
                ::testing::ElementsAre(redis_address{"b", 1}, redis_address{"::1", 2}));
    EXPECT_EQ(redis("host: h, cluster: [a]").server.host, "h");
    EXPECT_THAT(redis("host: h, cluster: [a]").cluster_nodes,
                ::testing::ElementsAre(redis_address{"a", 6379}));
    EXPECT_EQ(redis("url: 'redis://u:p@h:2/4'").database, 4u);
    EXPECT_TRUE(redis("url: 'redis://h', tls: true").tls);
    EXPECT_TRUE(redis("url: 'rediss://h', tls: {minVersion: 1.3}").tls);
    EXPECT_EQ(redis("url: 'unix:///run/r'").unix_socket, "/run/r");
    EXPECT_TRUE(redis("url: 'redis://h', username: u, password: p").password.equals("p"));
}

TEST(rate_sharing, what_to_do_when_the_store_is_down) {
    const std::string start = ", distributed: {redis: {host: h}}, onStoreFailure: ";
    EXPECT_EQ(sharing(limit_with(start + "open")).on_store_failure, store_failure::open);
    EXPECT_EQ(sharing(limit_with(start + "closed")).on_store_failure, store_failure::closed);
    EXPECT_EQ(sharing(limit_with(start + "local")).on_store_failure, store_failure::local);
}

TEST(rate_sharing, leases) {
    const std::string start = ", distributed: {redis: {host: h}}, lease: ";
    EXPECT_FALSE(sharing(limit_with(start + "false")).lease);
    EXPECT_TRUE(sharing(limit_with(start + "auto")).lease);
    EXPECT_TRUE(sharing(limit_with(start + "true")).lease);
    EXPECT_EQ(sharing(limit_with(start + "{leaseTime: 50ms}")).lease_time, 50ms);
    EXPECT_FALSE(sharing(limit_with(start + "{enabled: false}")).lease);
}

TEST(rate_sharing, the_shared_strategy_rules) {
    const std::string bucket = ", distributed: {redis: {host: h}, strategy: token-bucket}";
    EXPECT_EQ(only_endpoint(parse(limit_with(bucket))).rate_limit->strategy,
              rate_strategy::token_bucket);
    EXPECT_TRUE(parse(limit_with(bucket + ", strategy: token-bucket")));
    EXPECT_TRUE(parse(limit_with(bucket + ", limits: [{max: 1, window: 1m, burst: 5}]")));
    EXPECT_THAT(all_faults(parse(limit_with(bucket + ", strategy: leaky-bucket"))),
                HasSubstr("rateLimit.distributed.strategy: differs from 'rateLimit.strategy'"));
    EXPECT_EQ(only_endpoint(
                  parse(limit_with(", distributed: {redis: {host: h}}, strategy: leaky-bucket")))
                  .rate_limit->strategy,
              rate_strategy::leaky_bucket);
}

TEST(rate_sharing, every_fault_is_said_at_its_place) {
    const std::string h = "host: h, ";
    struct {
        std::string text;
        std::string says;
    } const rows[]{
        {limit_with(", onStoreFailure: open"), "onStoreFailure: goes with 'distributed' only"},
        {limit_with(", lease: false"), "lease: goes with 'distributed' only"},
        {limit_with(", distributed: {}"), "distributed: 'redis' is missing"},
        {limit_with(", distributed: 5"), "distributed: must be an object"},
        {limit_with(", distributed: {redis: {host: h}, strategi: x}"), "did you mean 'strategy'"},
        {limit_with(", distributed: {redis: {host: h}, strategy: x}"), "must be 'sliding-window'"},
        {limit_with(", distributed: {redis: {host: h}}, onStoreFailure: opn"), "'open'?"},
        {limit_with(", distributed: {redis: {host: h}}, lease: maybe"), "'auto', 'true'"},
        {limit_with(", distributed: {redis: {host: h}}, lease: {leaseTime: 0}"), "at least 1ms"},
        {limit_with(", distributed: {redis: {host: h}}, lease: {leaseTime: 11s}"), "at most 10s"},
        {redis_with(""), "redis: needs 'host', 'url', 'sentinels' or 'cluster' with its nodes"},
        {redis_with("port: 1"), "redis: needs 'host'"},
        {redis_with("host: 'h:1'"), "redis.host: must be a host name"},
        {redis_with("host: ''"), "redis.host: must be a host name"},
        {redis_with(h + "port: 0"), "redis.port: must be a whole number"},
        {redis_with(h + "database: 16"), "redis.database: must be a whole number, 0 to 15"},
        {redis_with(h + "pasword: x"), "did you mean 'password'"},
        {redis_with(h + "password: ''"), "redis.password: must not be empty"},
        {redis_with(h + "username: u"), "redis.username: a user needs a 'password'"},
        {redis_with(h + "tls: maybe"), "redis.tls: must be 'true' or 'false'"},
        {redis_with(h + "tls: {ca: /no/such/file}"), "redis.tls.ca: no such file"},
        {redis_with("url: 'rediss://h', tls: false"), "contradicts 'url: rediss://'"},
        {redis_with("url: x"), "redis.url: no valid URL for Redis"},
        {redis_with("url: 'redis://h', host: h"), "redis.host: goes without 'url'"},
        {redis_with("url: 'redis://h', port: 1"), "redis.port: goes without 'url'"},
        {redis_with("url: 'redis://:p@h', password: q"), "redis.password: 'url' has user-info"},
        {redis_with("url: 'redis://h/1', database: 2"), "redis.database: 'url' names one"},
        {redis_with(h + "commandTimeout: 0"), "redis.commandTimeout: must be at least 1ms"},
        {redis_with(h + "connectTimeout: 2h"), "redis.connectTimeout: must be at least 1ms"},
        {redis_with(h + "cluster: yes"), "redis.cluster: must be 'true' or 'false'"},
        {redis_with("cluster: []"), "redis.cluster: must not be empty"},
        {redis_with(h + "cluster: [a, 'b:0']"),
         "redis.cluster[1]: must be HOST:PORT, for example redis-1:6379"},
        {redis_with("cluster: [a, 'a:6379']"), "redis.cluster[1]: was given before"},
        {redis_with(h + "cluster: true, database: 1"), "a cluster has database 0 only"},
        {redis_with("url: 'unix:///r', cluster: true"), "goes without 'unix://'"},
        {redis_with(h + "sentinels: {master: m, addresses: [a]}"), "goes without 'host'"},
        {redis_with("cluster: true, sentinels: {master: m, addresses: [a]}"), "goes without 'sen"},
        {redis_with("sentinels: {addresses: [a]}"), "sentinels: 'master' is missing"},
        {redis_with("sentinels: {master: m}"), "sentinels: 'addresses' is missing"},
        {redis_with("sentinels: {master: '', addresses: [a]}"), "master: must not be empty"},
        {redis_with("sentinels: {master: m, addresses: []}"), "addresses: must not be empty"},
        {redis_with("sentinels: {master: m, addresses: ['a:x']}"), "addresses[0]: must be HOST:P"},
        {redis_with("sentinels: {master: m, addresses: [a, a]}"), "addresses[1]: was given before"},
    };
    for (const auto& row : rows) {
        const loaded faulty = parse(row.text);
        ASSERT_FALSE(faulty) << row.text;
        EXPECT_THAT(all_faults(faulty), HasSubstr(row.says)) << row.text;
    }
}

TEST(rate_sharing, secrets_are_in_no_message_and_not_in_the_description) {
    const loaded faulty = parse(
        redis_with("url: 'redis://ann:MARKER@h:x', password: [MARKER], username: {a: MARKER}"));
    ASSERT_FALSE(faulty);
    EXPECT_EQ(all_faults(faulty).find("MARKER"), std::string::npos) << all_faults(faulty);
    const loaded fine = parse(redis_with("url: 'rediss://ann:MARKER@h:7'"));
    ASSERT_TRUE(fine) << all_faults(fine);
    const std::string text = describe(*fine);
    EXPECT_EQ(text.find("MARKER"), std::string::npos);
    EXPECT_EQ(text.find("ann"), std::string::npos);
    EXPECT_THAT(text, HasSubstr("shared         redis at h:7 over TLS; while it is down this "
                                "process keeps to its share; leases up to 100ms"));
}

TEST(rate_sharing, one_prefix_is_shared_in_one_way) {
    const auto two = [](const std::string& first, const std::string& second) {
        const auto tool = [](const std::string& name, const std::string& block) {
            return "  - {name: " + name + ", externalAPIs: {e: {url: 'http://x', rateLimit: " +
                   "{maxRequestsPerSecond: 1, keyPrefix: p" + block + "}}}}\n";
        };
        return parse("version: 1\ntools:\n" + tool("a", first) + tool("b", second));
    };
    const std::string here = ", distributed: {redis: {host: h}}";
    const std::string there = ", distributed: {redis: {host: i}}";
    EXPECT_TRUE(two(here, here));
    EXPECT_TRUE(two(here, ", distributed: {redis: {url: 'redis://h:6379/0'}}"));
    for (const std::string& other : {there, std::string(), here + ", onStoreFailure: open"}) {
        const loaded faulty = two(here, other);
        ASSERT_FALSE(faulty);
        EXPECT_THAT(all_faults(faulty),
                    HasSubstr("4:51: tools[1].externalAPIs.e.rateLimit: the limit with the same "
                              "'keyPrefix' is shared otherwise"));
    }
}

}  // namespace
}  // namespace symphony
