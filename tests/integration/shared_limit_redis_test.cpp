// Limits shared through Redis as processes meet with it: over TLS, as a user with few rights,
// behind Sentinel, in a cluster that moves its slots.
#include "integration/documented_rights.hpp"
#include "integration/expect_error.hpp"
#include "integration/shared_limit_rig.hpp"
#include "store/cluster_slots.hpp"
#include "support/certificates.hpp"
#include "support/redis_server.hpp"

#include <gmock/gmock.h>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The API sees each call later than Redis admitted it, by what the way takes: windows are looked at
// that much shorter. A quarter of a second is what a busy machine of tests takes at worst.
constexpr duration shorter_second = 750ms;

std::string shared_by(const std::string& redis, const std::string& limit,
                      const std::string& prefix = "shop") {
    return limit + ", keyPrefix: '" + prefix + "', distributed: {redis: {" + redis + "}}";
}

// As patient as a busy machine needs where nothing goes wrong.
const std::string patient = ", commandTimeout: 2000";

// Two processes have one budget, and know nothing of a store that is down.
void expect_shared(const std::string& redis) {
    const counting_api api;
    std::size_t expected = 0;
    for (const std::string strategy : {"sliding-window", "token-bucket", "leaky-bucket"}) {
        const std::string limit = shared_by(
            redis + patient,
            "maxRequestsPerMinute: 4, maxQueueSize: 0, onStoreFailure: closed, strategy: " +
                strategy,
            strategy);
        limited_client one(limit, api.url());
        limited_client other(limit, api.url());
        for (int i = 0; i < 8; ++i) {
            const result<response> got = (i % 2 == 0 ? one : other).call();
            if (!got) {
                EXPECT_TRUE(failed_as(got, error_kind::rate_limited));
            }
        }
        expected += strategy == "leaky-bucket" ? 1 : 4;
        EXPECT_EQ(api.count(), expected) << strategy;
        for (const limited_client* each : {&one, &other}) {
            EXPECT_EQ(each->store(), "redis");
            EXPECT_THAT(each->changes(), IsEmpty());
        }
    }
}

TEST(shared_limit_redis, over_tls) {
    throwaway_ca authority;
    const certificate_files files = authority.issue("IP:127.0.0.1");
    redis_server_options encrypted;
    encrypted.certificate = files.certificate;
    encrypted.key = files.key;
    const redis_server server(encrypted);
    const std::string url = "url: 'rediss://127.0.0.1:" + std::to_string(server.port()) + "'";
    expect_shared(url + ", tls: {ca: '" + authority.file() + "'}");
    EXPECT_EQ(server.cli("exists 'symphony:{token-bucket}:rl'"), "1");
    // One that nobody vouches for is no store.
    const counting_api api;
    limited_client wary(shared_by(url + patient, "maxRequestsPerMinute: 4, onStoreFailure: closed"),
                        api.url());
    EXPECT_TRUE(failed_as(wary.call(), error_kind::store_unavailable));
    EXPECT_EQ(wary.store(), "redis-down");
    EXPECT_EQ(api.count(), 0U);
}

TEST(shared_limit_redis, over_a_unix_socket) {
    redis_server_options with_socket;
    with_socket.unix_socket = true;
    const redis_server server(with_socket);
    expect_shared("url: 'unix://" + server.unix_socket() + "'");
    EXPECT_EQ(server.cli("exists 'symphony:{token-bucket}:rl'"), "1");
}

TEST(shared_limit_redis, as_a_user_with_the_documented_rights) {
    redis_server_options guarded;
    guarded.config = {"user symphony on >hush " + documented_rights()};
    const redis_server server(guarded);
    const std::string at = "@127.0.0.1:" + std::to_string(server.port()) + "'";
    expect_shared("url: 'redis://symphony:hush" + at);
    EXPECT_EQ(server.cli("acl log"), "");
    const counting_api api;
    limited_client stranger(shared_by("url: 'redis://symphony:guess" + at + patient,
                                      "maxRequestsPerMinute: 4, onStoreFailure: closed"),
                            api.url());
    const result<response> got = stranger.call();
    EXPECT_TRUE(failed_as(got, error_kind::store_unavailable));
    ASSERT_EQ(stranger.changes().size(), 1U);
    EXPECT_THAT(stranger.changes()[0], HasSubstr("refused the credentials"));
    EXPECT_EQ(stranger.changes()[0].find("guess"), std::string::npos);
}

// As words of a shell.
std::string quoted(std::string words) {
    for (std::size_t at = 0; (at = words.find(' ', at)) != std::string::npos; at += 3)
        words.replace(at, 1, "' '");
    return "'" + words + "'";
}

TEST(shared_limit_redis, goes_on_through_a_failover_of_sentinel) {
    redis_sentinel_set set;
    const std::string rights = documented_rights() + documented_rights_for("sentinels");
    for (const redis_server* each : {&set.master(), &set.replica()})
        ASSERT_EQ(each->cli("acl setuser symphony on '>hush' " + quoted(rights)), "OK");
    std::string addresses;
    for (std::size_t i = 0; i < 3; ++i)
        addresses += "'127.0.0.1:" + std::to_string(set.sentinel(i).port()) + "', ";
    const std::string limit =
        shared_by("username: symphony, password: hush, sentinels: {master: main, addresses: [" +
                      addresses + "]}",
                  "maxRequestsPerSecond: 40, onStoreFailure: local");
    const system_clock time;
    const counting_api api;
    limited_client one(limit, api.url());
    limited_client other(limit, api.url());
    steady_load load;
    load.add(one, 4);
    load.add(other, 4);
    const auto comes = [&](std::size_t more) {
        return comes_true([&, until = api.count() + more] { return api.count() >= until; });
    };
    ASSERT_TRUE(comes(180)) << "for more than 3 s, until each has counted the other";
    const instant killed = time.now();
    set.master().kill();
    for (limited_client* each : {&one, &other})
        ASSERT_TRUE(comes_true([&] { return !each->changes().empty(); }));
    for (limited_client* each : {&one, &other})
        ASSERT_TRUE(comes_true([&] { return each->store() == "redis"; }));
    const instant back = time.now();
    ASSERT_TRUE(comes(100));
    load.stop();
    EXPECT_THAT(load.failures(), IsEmpty());
    const std::vector<instant> all = api.arrivals();
    const auto change = std::ranges::lower_bound(all, killed);
    EXPECT_LE(most_in({all.begin(), change}, shorter_second), 40U);
    // Around each change at most what was used before it and what is given after it.
    EXPECT_LE(most_in(all, shorter_second), 80U);
    const auto settled = std::ranges::lower_bound(all, back + 1s);
    EXPECT_LE(most_in({settled, all.end()}, shorter_second), 40U);
    EXPECT_EQ(set.replica().cli("exists 'symphony:{shop}:rl'"), "1");
    EXPECT_EQ(set.replica().cli("acl log"), "");
}

TEST(shared_limit_redis, keeps_to_its_limit_while_its_slot_moves) {
    redis_cluster_set set;
    const int slot = detail::cluster_slot("{moving}");
    std::string in_same_slot;
    for (int i = 0; in_same_slot.empty(); ++i) {
        const std::string name = "moving" + std::to_string(i);
        if (detail::cluster_slot("{" + name + "}") == slot) in_same_slot = name;
    }
    const std::size_t from = slot <= 5460 ? 0 : slot <= 10'922 ? 1 : 2;
    const std::size_t to = (from + 1) % 3;
    const std::string redis =
        "cluster: ['127.0.0.1:" + std::to_string(set.node(from).port()) + "']" + patient;
    const std::string limit = "maxRequestsPerSecond: 40, onStoreFailure: closed";
    const counting_api known;
    const counting_api fresh;
    const std::vector<limited_api> apis{
        {"known", shared_by(redis, limit, "moving"), known.url()},
        {"fresh", shared_by(redis, limit, in_same_slot), fresh.url()}};
    limited_client one(apis);
    limited_client other(apis);
    steady_load load;
    const auto comes = [](const counting_api& api, std::size_t more) {
        return comes_true([&, until = api.count() + more] { return api.count() >= until; });
    };
    for (limited_client* each : {&one, &other})
        load.add(*each, 3, "known");
    ASSERT_TRUE(comes(known, 60));
    set.move_slot(slot, from, to, [&] {
        for (limited_client* each : {&one, &other})
            load.add(*each, 3, "fresh");
        EXPECT_TRUE(comes(fresh, 60));
        EXPECT_TRUE(comes(known, 20));
        EXPECT_EQ(set.node(from).cli("migrate 127.0.0.1 " + std::to_string(set.node(to).port()) +
                                     " 'symphony:{moving}:rl' 0 5000"),
                  "OK");
        EXPECT_TRUE(comes(known, 140)) << "for more than 3 s, until both have to renew";
        EXPECT_TRUE(comes(fresh, 20));
    });
    EXPECT_TRUE(comes(known, 60));
    EXPECT_TRUE(comes(fresh, 60));
    load.stop();
    EXPECT_THAT(load.failures(), IsEmpty());
    for (const limited_client* each : {&one, &other}) {
        EXPECT_EQ(each->store(), "redis");
        EXPECT_THAT(each->changes(), IsEmpty());
    }
    for (const counting_api* each : {&known, &fresh}) {
        const std::vector<instant> all = each->arrivals();
        EXPECT_LE(most_in(all, shorter_second), 40U);
        EXPECT_LE(most_in(all, 1s + shorter_second), 80U);
        const std::chrono::duration<double> took = all.back() - all.front();
        EXPECT_GE(static_cast<double>(all.size()), 0.9 * 40 * took.count());
    }
    EXPECT_EQ(set.node(to).cli("zcard 'symphony:{" + in_same_slot + "}:who'"), "2");
}

}  // namespace
}  // namespace symphony::test_support
