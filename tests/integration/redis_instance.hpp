#pragma once

#include "redis_rig.hpp"
#include "store/redis_rate_store.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace symphony::test_support {

/// What a step of a store comes to, run on the rig's loop.
template <class Value>
result<Value> outcome_of(redis_rig& rig, boost::asio::awaitable<result<Value>> step) {
    std::optional<result<Value>> outcome;
    boost::asio::co_spawn(
        rig.loop, std::move(step), [&](const std::exception_ptr& fault, result<Value> got) {
            outcome = fault ? fail(error_kind::internal, "an exception") : std::move(got);
        });
    if (!rig.run_until([&] { return outcome.has_value(); }))
        return fail(error_kind::internal, "the step never ended");
    return std::move(*outcome);
}

/// One process that shares budgets. Its own clock stands still: it only spaces the renewals.
struct redis_instance {
    explicit redis_instance(const redis_options& options, std::uint64_t seed = 1)
        : chance(seed), rig(options), store(std::move(rig.client), time, chance) {}

    template <class Value>
    result<Value> wait_for(boost::asio::awaitable<result<Value>> step) {
        return outcome_of(rig, std::move(step));
    }

    symphony::testing::manual_clock time;
    fast_random chance;
    redis_rig rig;
    detail::redis_rate_store store;
};

}  // namespace symphony::test_support
