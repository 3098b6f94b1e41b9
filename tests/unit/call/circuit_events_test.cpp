#include "call_rig.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace call_testing;

class circuit_events_test : public ::testing::Test, protected call_rig {
protected:
    circuit_events_test() {
        options.circuit_breaker.emplace().failure_threshold = 1;
        options.circuit_breaker->reset_timeout = 60s;
        transport.on_send = [this](const auto&) -> result<response> { return answer(status); };
    }
    void refuse(int times) {
        for (int i = 0; i < times; ++i)
            EXPECT_EQ(call().error().kind, error_kind::circuit_open);
    }
    /// That field of every event of that name.
    std::vector<std::string> told(std::string_view name, std::string_view field) {
        std::vector<std::string> values;
        for (const event& one : events) {
            if (one.name != name) continue;
            for (const auto& [key, value] : one.fields) {
                if (key == field) values.push_back(value);
            }
        }
        return values;
    }

    int status = 500;
};

TEST_F(circuit_events_test, refusals_are_told_in_bursts_and_none_is_left_out) {
    ASSERT_TRUE(call());
    refuse(5);
    EXPECT_THAT(told("circuit.refusals", "count"), ::testing::IsEmpty()) << "not yet";
    advance(1s);
    refuse(3);
    EXPECT_THAT(told("circuit.refusals", "count"), ::testing::ElementsAre("6"));
    advance(9s);
    refuse(1);
    EXPECT_THAT(told("circuit.refusals", "count"), ::testing::ElementsAre("6"));
    advance(1s);
    refuse(1);
    EXPECT_THAT(told("circuit.refusals", "count"), ::testing::ElementsAre("6", "4"));
    refuse(2);
    advance(50s);
    status = 200;
    ASSERT_TRUE(call());
    EXPECT_THAT(told("circuit.refusals", "count"), ::testing::ElementsAre("6", "4", "2"))
        << "what is left is told when the circuit changes";
}

TEST_F(circuit_events_test, an_opening_without_refusals_tells_of_none) {
    ASSERT_TRUE(call());
    advance(60s);
    status = 200;
    ASSERT_TRUE(call());
    EXPECT_THAT(told("circuit.refusals", "count"), ::testing::IsEmpty());
}

TEST_F(circuit_events_test, probes_are_told_and_no_other_call) {
    ASSERT_TRUE(call());
    for (int i = 0; i < 2; ++i) {
        advance(600s);
        ASSERT_TRUE(call());
        status = 200;
    }
    ASSERT_TRUE(call());
    EXPECT_THAT(told("circuit.probe", "answer"),
                ::testing::ElementsAre("status 500", "status 200"));
}

TEST_F(circuit_events_test, a_gradual_recovery_tells_its_steps) {
    options.circuit_breaker->recovery = recovery_kind::gradual;
    ASSERT_TRUE(call());
    advance(60s);
    status = 200;
    for (int i = 0;
         i < 40 && state.breaker->breaker().inspect(time.now()).state != circuit_state::closed;
         ++i) {
        (void)call();
    }
    EXPECT_THAT(told("circuit.recovery_step", "admittedPercent"),
                ::testing::ElementsAre("20", "40", "80"));
    EXPECT_EQ(told("circuit.transition", "to").back(), "closed");
    EXPECT_EQ(state.metrics->transitions[1][1], 0u) << "a step is no transition";
}

}  // namespace
}  // namespace symphony
