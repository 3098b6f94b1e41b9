#include "store/redis_rate_store.hpp"

#include "support/awaited.hpp"
#include "support/script_redis.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

// The store over a real Redis, in real time: windows of hours, so that nothing rests on speed.

namespace symphony {
namespace {

using namespace std::chrono_literals;
using test_support::awaited;
using verdict = rate_grant::verdict;

struct redis_store : ::testing::Test {
    static test_support::script_redis& server() {
        static test_support::script_redis one;
        return one;
    }
    std::unique_ptr<rate_store> new_store() {
        return std::make_unique<detail::redis_rate_store>(
            std::make_unique<test_support::blocking_commands>(server()), clock, chance);
    }
    void SetUp() override { server().command({"FLUSHALL"}); }

    symphony::testing::manual_clock clock;
    fast_random chance{7};
    std::unique_ptr<rate_store> store = new_store();
    shared_limit limit{"shop", rate_strategy::sliding_window, {{3, 1h, 0}, {5, 24h, 0}}};
    const std::string key = "symphony:{shop}:rl";

    rate_grant claim(const rate_claim& what) { return awaited(store->claim(limit, what)).value(); }
    rate_grant claim() { return claim({}); }
    std::int64_t number(std::initializer_list<std::string_view> words) {
        return server().command(words).integer;
    }
};

TEST_F(redis_store, a_full_redis_is_no_store_for_a_look_either) {
    EXPECT_EQ(claim().what, verdict::admitted);
    server().command({"CONFIG", "SET", "maxmemory", "1"});
    rate_claim look;
    look.cost = 0;
    for (const rate_claim& what : {rate_claim{}, look}) {
        const auto got = awaited(store->claim(limit, what));
        ASSERT_FALSE(got.has_value());
        EXPECT_EQ(got.error().kind, error_kind::store_unavailable);
    }
    server().command({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_EQ(claim(look).what, verdict::admitted);
}

TEST_F(redis_store, levels_are_one_decision) {
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(claim().what, verdict::admitted);
    const std::string before = server().command({"GET", key}).text;
    for (int i = 0; i < 10; ++i) {
        const rate_grant refused = claim();
        EXPECT_EQ(refused.what, verdict::refused);
        EXPECT_GT(refused.wait, 50min);
    }
    EXPECT_EQ(server().command({"GET", key}).text, before);
    const auto seen = awaited(store->look(limit)).value();
    EXPECT_EQ(seen.levels[0].remaining, 0U);
    EXPECT_EQ(seen.levels[1].remaining, 2U);
    EXPECT_GT(seen.levels[1].reset, 23h);
}

TEST_F(redis_store, waiting_as_long_as_told_is_enough) {
    limit.levels = {{1, 20ms, 0}};
    for (int i = 0; i < 10; ++i) {
        const rate_grant g = claim();
        if (g.what == verdict::admitted) continue;
        ASSERT_LE(g.wait, 20ms);
        std::this_thread::sleep_for(g.wait);
        EXPECT_EQ(claim().what, verdict::admitted);
    }
}

TEST_F(redis_store, reservations_pauses_and_what_goes_back) {
    limit.levels = {{1, 1h, 0}};
    rate_claim patient;
    patient.max_wait = 100h;
    claim();
    const rate_grant first = claim(patient);
    const rate_grant second = claim(patient);
    EXPECT_EQ(second.what, verdict::reserved);
    EXPECT_GT(second.wait, 119min);
    ASSERT_TRUE(awaited(store->give_back(limit, {second.ticket, second.permits, second.below}))
                    .has_value());
    ASSERT_TRUE(
        awaited(store->give_back(limit, {first.ticket, first.permits, first.below})).has_value());
    EXPECT_LE(claim().wait, 1h);
    ASSERT_TRUE(awaited(store->pause(limit, 9h)).has_value());
    const rate_grant late = claim();
    EXPECT_GT(late.wait, 8h);
    EXPECT_GT(late.paused, 8h);
    EXPECT_LE(late.paused, 9h);
    EXPECT_GT(number({"PTTL", key}), 8 * 3'600'000);
}

TEST_F(redis_store, the_newest_goes_back_whatever_went_back_before) {
    for (const auto strategy : {rate_strategy::sliding_window, rate_strategy::token_bucket}) {
        limit = {std::string(to_string(strategy)), strategy, {{5, 1h, 0}}};
        std::minstd_rand random(1);
        rate_claim patient;
        patient.max_wait = 10'000h;
        std::vector<rate_grant> stand;
        for (int i = 0; i < 1000; ++i) {
            if (stand.empty() || random() % 100 < (i < 500 ? 55U : 45U)) {
                patient.cost = 1 + random() % 3;
                stand.push_back(claim(patient));
            } else {
                const rate_grant& one = stand.back();
                ASSERT_TRUE(
                    awaited(store->give_back(limit, {one.ticket, one.permits, one.below})).value())
                    << i;
                stand.pop_back();
            }
        }
    }
}

TEST_F(redis_store, however_many_reservations_go_back_what_is_used_stays_used) {
    for (const int many : {500, 10'400}) {
        limit = {std::to_string(many), rate_strategy::sliding_window, {{3, 1h, 0}}};
        rate_claim patient;
        patient.max_wait = 100'000h;
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(claim().what, verdict::admitted);
        std::vector<rate_grant> grants;
        for (int i = 0; i < many; ++i)
            grants.push_back(claim(patient));
        for (const rate_grant& one : std::views::reverse(grants))
            ASSERT_TRUE(
                awaited(store->give_back(limit, {one.ticket, one.permits, one.below})).value());
        EXPECT_EQ(awaited(store->look(limit)).value().levels[0].remaining, 0U);
        EXPECT_EQ(claim().what, verdict::refused);
        if (many <= 10'000) {
            EXPECT_LE(claim().wait, 1h);
        }
    }
}

TEST_F(redis_store, a_key_lives_until_its_budget_is_full) {
    const rate_grant g = claim();
    const std::int64_t ttl = number({"PTTL", key});
    EXPECT_GT(ttl, 86'400'000 - 60'000);
    EXPECT_LE(ttl, 86'400'001);
    ASSERT_TRUE(awaited(store->give_back(limit, {g.ticket, g.permits, g.below})).has_value());
    while (number({"EXISTS", key}) == 1) {
        ASSERT_LE(number({"PTTL", key}), 1);
    }
    limit.strategy = rate_strategy::token_bucket;
    claim();
    EXPECT_LE(number({"PTTL", key}), 86'400'000 / 5 + 2);
    EXPECT_GT(number({"PTTL", key}), 86'400'000 / 5 - 60'000);
}

TEST_F(redis_store, lost_scripts_and_keys_are_no_errors) {
    const rate_grant g = claim();
    server().command({"SCRIPT", "FLUSH"});
    EXPECT_EQ(claim().what, verdict::admitted);
    server().command({"DEL", key});
    ASSERT_TRUE(awaited(store->give_back(limit, {g.ticket, g.permits, g.below})).has_value());
    EXPECT_EQ(number({"EXISTS", key}), 0);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(claim().what, verdict::admitted);
    EXPECT_EQ(claim().what, verdict::refused);
}

TEST_F(redis_store, a_mutilated_value_heals) {
    for (const auto s : {rate_strategy::sliding_window, rate_strategy::token_bucket,
                         rate_strategy::leaky_bucket}) {
        limit.strategy = s;
        limit.levels = {{20, 1h, 0}};
        if (s == rate_strategy::sliding_window) limit.levels.push_back({200'000, 24h, 0});
        server().command({"DEL", key});
        for (int i = 0; i < 20; ++i)
            claim();
        const std::string whole = server().command({"GET", key}).text;
        for (std::size_t size = 0; size < whole.size(); size += size < 400 ? 1 : 997) {
            server().command({"SET", key, std::string_view(whole).substr(0, size)});
            ASSERT_TRUE(awaited(store->claim(limit, {})).has_value()) << size;
            std::string noise = whole;
            for (std::size_t i = size; i < std::min(size + 8, whole.size()); ++i)
                noise[i] = static_cast<char>(chance.next());
            server().command({"SET", key, noise});
            const auto answer = awaited(store->claim(limit, {}));
            if (!answer) server().command({"DEL", key});
        }
        server().command({"SET", key, "something else altogether"});
        EXPECT_EQ(claim().what, verdict::admitted);
    }
}

TEST_F(redis_store, instances_are_counted_while_they_renew) {
    const auto other = new_store();
    EXPECT_EQ(claim().instances, 1U);
    EXPECT_EQ(awaited(other->claim(limit, {}))->instances, 2U);
    EXPECT_EQ(claim().instances, 1U) << "asked again after 3 s only";
    clock.advance(3s);
    EXPECT_EQ(claim().instances, 2U);
    EXPECT_LE(number({"PTTL", "symphony:{shop}:who"}), 10'000);
    const auto members = server().command({"ZRANGE", "symphony:{shop}:who", "0", "-1"});
    server().command({"ZADD", "symphony:{shop}:who", "1", members.items[0].text});
    server().command({"ZADD", "symphony:{shop}:who", "1", members.items[1].text});
    clock.advance(3s);
    EXPECT_EQ(claim().instances, 1U) << "a name that is not renewed lapses";
}

TEST_F(redis_store, keys_with_braces_stay_in_one_slot_and_apart) {
    for (const char* name : {"a}b", "a%7db", "{", "}"}) {
        limit.key = name;
        EXPECT_EQ(claim().what, verdict::admitted);
    }
    for (const char* name : {"symphony:{a%7db}:rl", "symphony:{a%257db}:rl", "symphony:{%7b}:rl",
                             "symphony:{%7d}:who"}) {
        EXPECT_EQ(number({"EXISTS", name}), 1) << name;
    }
}

TEST_F(redis_store, a_key_of_another_type_is_an_error_with_its_reason) {
    server().command({"LPUSH", key, "x"});
    const auto answer = awaited(store->claim(limit, {}));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, error_kind::store_unavailable);
    EXPECT_NE(answer.error().remote.find("WRONGTYPE"), std::string::npos);
}

TEST_F(redis_store, state_is_small) {
    limit.levels = {{10, 1h, 0}, {600, 24h, 0}};
    claim();
    EXPECT_LT(number({"STRLEN", key}), 300);
    limit.key = "big";
    limit.levels = {{1'000'000, 1h, 0}};
    claim();
    EXPECT_LE(number({"STRLEN", "symphony:{big}:rl"}), 16'384 + 200);
    limit.key = "bucket";
    limit.strategy = rate_strategy::token_bucket;
    claim();
    EXPECT_LT(number({"STRLEN", "symphony:{bucket}:rl"}), 200);
}

}  // namespace
}  // namespace symphony
