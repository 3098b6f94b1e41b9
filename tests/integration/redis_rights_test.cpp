// The rights that the documentation gives to Redis's user are enough, and none of them is too many.
// What is refused, also inside a script, is in Redis's ACL LOG.
#include "documented_rights.hpp"
#include "redis_instance.hpp"
#include "store/cluster_slots.hpp"
#include "store/redis_circuit_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <sstream>

namespace symphony::test_support {

namespace {

using namespace std::chrono_literals;

redis_server_options guarded(const std::string& rights) {
    redis_server_options options;
    options.config = {"user symphony on >hush " + rights};
    return options;
}

redis_options as_user(redis_options options) {
    options.username = "symphony";
    options.password = secret("hush");
    return options;
}

// All that is ever asked of budgets. Whether it was granted is seen elsewhere.
void use_budgets(const redis_options& options, const std::string& key = "shop") {
    redis_instance instance(options);
    for (const auto strategy : {rate_strategy::sliding_window, rate_strategy::token_bucket,
                                rate_strategy::leaky_bucket}) {
        // The second is kept in slots, and has to take over what the first has used.
        for (const std::uint64_t max : {std::uint64_t{10}, std::uint64_t{200'000}}) {
            const shared_limit limit{key, strategy, {{max, 60s, 0}, {10 * max, 1h, 0}}};
            rate_claim patient;
            patient.want = 3;
            patient.hold = 10ms;
            patient.max_wait = 1h;
            for (int i = 0; i < 20; ++i)
                (void)instance.wait_for(instance.store.claim(limit, patient));
            const auto newest = instance.wait_for(instance.store.claim(limit, patient));
            if (newest) {
                (void)instance.wait_for(
                    instance.store.give_back(limit, {newest->ticket, newest->permits}));
            }
            (void)instance.wait_for(instance.store.pause(limit, 1ms));
            (void)instance.wait_for(instance.store.look(limit));
        }
    }
}

// Every right, for which taking it away is noticed.
void expect_all_needed(const redis_server& server, const std::string& rights,
                       const std::function<void()>& use) {
    std::istringstream words(rights);
    for (std::string word; words >> word;) {
        if (!word.starts_with('+')) continue;
        server.cli("acl setuser symphony -" + word.substr(1));
        server.cli("script flush");
        server.cli("flushall");
        use();
        EXPECT_NE(server.cli("acl log"), "") << word << " is not needed";
        server.cli("acl setuser symphony " + word);
        server.cli("acl log reset");
    }
}

TEST(redis_rights, of_budgets) {
    const redis_server server(guarded(documented_rights()));
    const redis_options options = as_user(options_for(server));
    use_budgets(options);
    EXPECT_EQ(server.cli("acl log"), "");
    EXPECT_NE(server.cli("exists 'symphony:{shop}:rl'"), "0");
    expect_all_needed(server, documented_rights(), [&] { use_budgets(options); });
    use_budgets(options);
    EXPECT_EQ(server.cli("acl log"), "");
    // And no more than them.
    redis_rig rig(options);
    EXPECT_TRUE(unavailable(rig.ask({"SET", "other", "v"}), "refused SET", "NOPERM"));
    EXPECT_TRUE(unavailable(rig.ask({"GET", "symphony:{shop}:rl"}), "refused GET", "NOPERM"));
}

TEST(redis_rights, of_a_database) {
    const redis_server server(guarded(documented_rights() + documented_rights_for("database")));
    redis_options options = as_user(options_for(server));
    options.database = 3;
    use_budgets(options);
    EXPECT_EQ(server.cli("acl log"), "");
    EXPECT_EQ(server.cli("-n 3 exists 'symphony:{shop}:rl'"), "1");
}

TEST(redis_rights, of_a_cluster) {
    redis_cluster_set set(false, guarded(documented_rights() + documented_rights_for("cluster")));
    redis_options options;
    options.cluster = true;
    options.command_timeout = 2s;
    const int slot = detail::cluster_slot("{shop}");
    const std::size_t from = slot <= 5460 ? 0 : slot <= 10'922 ? 1 : 2;
    options.server.port = set.node((from + 2) % 3).port();
    set.move_slot(slot, from, (from + 1) % 3, [&] { use_budgets(as_user(options)); });
    use_budgets(as_user(options));
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(set.node(i).cli("acl log"), "");
    EXPECT_NE(set.node((from + 1) % 3).cli("dbsize"), "0");
}

// All that is ever said about circuits, until something is refused.
bool use_circuits(const redis_options& options) {
    redis_rig rig(options);
    detail::redis_circuit_store store(std::move(rig.client));
    circuit_report says;
    says.reset_timeout = says.max_reset_timeout = 1ms;
    const auto meet = [&](std::uint64_t who) {
        says.who = who;
        auto told = outcome_of(rig, store.meet("shop", says));
        if (told) says.epoch = told->epoch;
        return told;
    };
    says.found = circuit_report::finding::broken;
    result<circuit_council> told = meet(1);
    // Until it is open for all, and long enough for a call.
    if (!rig.run_until([&] {
            told = meet(2);
            if (told && !told->open) told = meet(1);
            return !told || (told->open && told->wait == duration::zero());
        }))
        return false;
    says.wish = circuit_turn_kind::probe;
    if (told) told = meet(1);
    says.result = circuit_report::trial::failed;
    if (told) told = meet(1);
    return told.has_value();
}

TEST(redis_rights, of_circuits) {
    const std::string rights = documented_rights() + documented_rights_for("circuitBreaker.shared");
    const redis_server server(guarded(rights));
    const redis_options options = as_user(options_for(server));
    EXPECT_TRUE(use_circuits(options));
    EXPECT_EQ(server.cli("acl log"), "");
    EXPECT_NE(server.cli("zscore 'symphony:{shop}:cb:failed' 0000000000000001"), "");
    expect_all_needed(server, documented_rights_for("circuitBreaker.shared"),
                      [&] { (void)use_circuits(options); });
}

}  // namespace

}  // namespace symphony::test_support
