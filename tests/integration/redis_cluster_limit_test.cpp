// Budgets in a cluster while their slot is on its way, which may take minutes.
#include "redis_instance.hpp"
#include "store/cluster_slots.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <utility>

namespace symphony::test_support {

namespace {

using namespace std::chrono_literals;
using verdict = rate_grant::verdict;

constexpr std::uint64_t limit_of_all = 10;

redis_options options_for(redis_cluster_set& set) {
    redis_options made;
    made.cluster = true;
    made.server.port = set.node(0).port();
    made.command_timeout = 2s;
    return made;
}

// A budget and what was got of it.
struct budget {
    shared_limit limit;
    std::uint64_t admitted = 0;

    // The answer, which has to be none but "yes" and "no".
    rate_grant claim(redis_instance& by) {
        const result<rate_grant> got = by.wait_for(by.store.claim(limit, {}));
        EXPECT_TRUE(got.has_value())
            << limit.key << ": " << got.error().message << " [" << got.error().remote << "]";
        if (!got) return {};
        admitted += got->what == verdict::admitted ? got->permits : 0;
        return *got;
    }
    void claim_all(redis_instance& one, redis_instance& other, int times) {
        for (int i = 0; i < times; ++i)
            EXPECT_EQ(claim(i % 2 == 0 ? one : other).what, verdict::admitted) << limit.key;
    }
    // Until both are refused.
    void use_up(redis_instance& one, redis_instance& other) {
        while (admitted <= limit_of_all && claim(one).what == verdict::admitted) {
        }
        EXPECT_EQ(claim(other).what, verdict::refused) << limit.key;
        EXPECT_EQ(admitted, limit_of_all) << limit.key;
    }
};

// Different names whose keys are all in one slot.
std::vector<std::string> names_in_one_slot(const std::string& prefix, std::size_t count) {
    std::vector<std::string> names{prefix};
    const auto slot = detail::cluster_slot("{" + prefix + "}");
    for (int i = 0; names.size() < count; ++i) {
        std::string name = prefix + std::to_string(i);
        if (detail::cluster_slot("{" + name + "}") == slot) names.push_back(std::move(name));
    }
    return names;
}

int count_of_try_again(redis_cluster_set& set) {
    int sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string told = set.node(i).cli("info errorstats");
        const std::string_view label = "errorstat_TRYAGAIN:count=";
        const std::size_t at = told.find(label);
        if (at == std::string::npos) continue;
        int count = 0;
        std::from_chars(told.data() + at + label.size(), told.data() + told.size(), count);
        sum += count;
    }
    return sum;
}

class redis_cluster_limit : public ::testing::TestWithParam<rate_strategy> {
protected:
    budget named(const std::string& key) const {
        return {{key, GetParam(), {{limit_of_all, 1h, 0}, {1000, 24h, 0}}}};
    }
    static void migrate(redis_server& from, redis_server& to, const std::string& key) {
        EXPECT_EQ(
            from.cli("migrate 127.0.0.1 " + std::to_string(to.port()) + " '" + key + "' 0 5000"),
            "OK")
            << key;
    }

    redis_cluster_set set;
    redis_instance one{options_for(set), 1};
    redis_instance other{options_for(set), 2};
};

TEST_P(redis_cluster_limit, no_claim_fails_or_is_lost_while_its_slot_moves) {
    const auto names = names_in_one_slot("moving", 3);
    budget stays = named(names[0]);  // until the slot has moved
    budget goes = named(names[1]);   // in between, without its registry
    budget comes = named(names[2]);  // is new in between
    const int slot = detail::cluster_slot("{moving}");
    const std::size_t from = slot <= 5460 ? 0 : slot <= 10'922 ? 1 : 2;
    const std::size_t to = (from + 1) % 3;
    stays.claim_all(one, other, 4);
    goes.claim_all(one, other, 4);
    const int before = count_of_try_again(set);
    set.move_slot(slot, from, to, [&] {
        comes.claim_all(one, other, 4);
        EXPECT_EQ(count_of_try_again(set) - before, 2) << "one for the first claim of each";
        goes.claim_all(one, other, 2);
        stays.claim_all(one, other, 2);
        migrate(set.node(from), set.node(to), "symphony:{" + goes.limit.key + "}:rl");
        goes.claim_all(one, other, 2);
        for (redis_instance* each : {&one, &other})
            each->time.advance(3s);
        EXPECT_EQ(goes.claim(one).instances, 1U);
        EXPECT_EQ(goes.claim(other).instances, 2U) << "as last counted";
        EXPECT_EQ(stays.claim(one).instances, 2U) << "counted anew: all its keys are here";
        // The other words, too.
        const rate_grant newest = comes.claim(one);
        ASSERT_TRUE(one.wait_for(one.store.give_back(comes.limit, {newest.ticket})));
        --comes.admitted;
        ASSERT_TRUE(other.wait_for(other.store.pause(comes.limit, 1ms)));
        const auto seen = other.wait_for(other.store.look(comes.limit));
        ASSERT_TRUE(seen);
        ASSERT_TRUE(one.rig.run_until(
            [&] { return one.wait_for(one.store.look(comes.limit))->levels[0].remaining > 0; }));
        comes.use_up(one, other);
        EXPECT_EQ(goes.claim(one).what, verdict::refused);
    });
    for (budget* each : {&goes, &stays, &comes})
        each->use_up(one, other);
    // The registries are complete a second later.
    for (redis_instance* each : {&one, &other})
        each->time.advance(1s);
    (void)comes.claim(one);
    EXPECT_EQ(comes.claim(other).instances, 2U);
    EXPECT_EQ(set.node(to).cli("zcard 'symphony:{" + comes.limit.key + "}:who'"), "2");
}

INSTANTIATE_TEST_SUITE_P(of, redis_cluster_limit,
                         ::testing::Values(rate_strategy::sliding_window,
                                           rate_strategy::token_bucket));

TEST(redis_cluster_script, waits_for_its_keys_unless_it_can_do_without) {
    redis_cluster_set set;
    redis_rig rig(options_for(set));
    const std::string lua = "return redis.call('incr', KEYS[1])";
    const std::vector<std::string> keys{"{pair}1", "{pair}2"};
    const int slot = detail::cluster_slot("{pair}");
    const std::size_t from = slot <= 5460 ? 0 : slot <= 10'922 ? 1 : 2;
    set.move_slot(slot, from, (from + 1) % 3, [&] {
        for (const auto how : {detail::split_keys::wait, detail::split_keys::fail}) {
            const int before = count_of_try_again(set);
            const auto call = rig.start_script(lua, keys);
            call->when_split = how;
            ASSERT_TRUE(rig.finish(call));
            const bool waits = how == detail::split_keys::wait;
            EXPECT_TRUE(unavailable(*call->outcome, "", waits ? "" : "TRYAGAIN"));
            EXPECT_EQ(count_of_try_again(set) - before, waits ? 5 : 1);
            EXPECT_EQ(detail::are_split(call->outcome->error()), !waits);
        }
        EXPECT_TRUE(replied(rig.run(lua, {keys[0]}), 1));
    });
    EXPECT_TRUE(replied(rig.run(lua, keys), 2));
}

}  // namespace

}  // namespace symphony::test_support
