#pragma once

#include "symphony/policy/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::testing {

/// One case of the table: a breaker with `options`, to which `script` happens. Both are words.
///
/// Options: failures=5 reset=30s max=300s rate=0.5 least=10 latency=100ms window=10s successes=1
///          gradual
/// Steps, each may be repeated as in 3*ko:
///   +5s                          time passes
///   ok  ko  no                   a call that succeeds, that fails, that is refused
///   take:a  take:a/2s            a call that goes on (until its deadline)
///   ok:a ko:a drop:a slow:a answered:a   what becomes of it
///   ask:a  ask-                  asks, and gets through with turn a, or does not
///   use:a  use-:a                takes its permit with that turn, or gets none
///   look  look-                  a look that is free, or is not
///   health  sick:5s              a health check succeeds, or fails until in 5 s
///   peers:5s  peers:well         others found it broken, for 5 s, or proved it well
///   hand:open hand:closed hand:auto
///   closed half open by-hand by-itself found-here not-found-here   the state is
///   wait=20s row=3 total=5 bad=2 share=0.1 share=none asked=3 out=1 told=2 why=REASON
///                                what is shown
struct breaker_case {
    const char* name;
    const char* options;
    const char* script;
};

/// Plays a case; every expectation in it is a check.
class breaker_script {
public:
    explicit breaker_script(const breaker_case& played);
    void play();

private:
    void step(std::string_view word);
    [[nodiscard]] bool act(std::string_view verb, const std::string& on);
    [[nodiscard]] bool act_on_call(std::string_view verb, const std::string& on);
    [[nodiscard]] bool check(std::string_view word);
    [[nodiscard]] bool check_value(std::string_view what, std::string_view value);
    void acquire(const std::string& name, duration time, circuit_turn turn);

    const breaker_case& case_;
    std::vector<circuit_transition> told_;
    circuit_breaker breaker_;
    instant now_;
    std::map<std::string, circuit_permit> calls_;
    std::map<std::string, circuit_turn> turns_;
};

}  // namespace symphony::testing
