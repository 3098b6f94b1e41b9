#pragma once

#include "symphony/policy/circuit_breaker.hpp"
#include "unit/policy/policy_time.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace symphony::testing {

struct breaker_test : ::testing::Test {
    circuit_breaker_options options;
    std::vector<circuit_transition> told;

    circuit_breaker make() {
        return circuit_breaker(options, [this](const circuit_transition& t) { told.push_back(t); });
    }
    static circuit_permit permit(circuit_breaker& breaker, instant now,
                                 instant latest = instant::max()) {
        auto got = breaker.try_acquire(now, latest);
        EXPECT_TRUE(got.has_value());
        return got ? std::move(*got) : circuit_permit();
    }
    static void fail(circuit_breaker& breaker, instant now, int times = 1) {
        for (int i = 0; i < times; ++i)
            permit(breaker, now).failure(now);
    }
    static void succeed(circuit_breaker& breaker, instant now, int times = 1) {
        for (int i = 0; i < times; ++i)
            permit(breaker, now).success(now);
    }
    static circuit_state state(const circuit_breaker& breaker, instant now) {
        return breaker.inspect(now).state;
    }
};

}  // namespace symphony::testing
