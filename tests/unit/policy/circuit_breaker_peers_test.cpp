#include "unit/policy/breaker_script.hpp"

#include <gtest/gtest.h>

// What other processes found, as a few words of a script.

namespace symphony {
namespace {

using namespace symphony::testing;

constexpr breaker_case peers[] = {
    {"they_open_a_closed_one", "", "peers:5s open why=peers told=1 no wait=5s not-found-here"},
    {"at_the_moment_a_call_is_admitted", "",
     "peers:5s +4999ms no +1ms take:a half why=reset_timeout"},
    {"what_it_counted_stays", "", "4*ko peers:5s row=4 total=4 bad=4"},
    {"they_open_one_that_recovers", "failures=1 reset=1s",
     "ko +1s take:a half peers:5s open wait=5s"},
    {"a_probe_from_before_changes_nothing", "failures=1 reset=1s",
     "ko +1s take:a peers:5s ok:a open wait=5s told=3"},
    {"they_doubled_nothing", "failures=1 reset=1s",
     "ko +1s take:a peers:5s +5s take:b ko:b open wait=2s"},
    {"open_already_it_stays_longer", "failures=1 reset=1s", "ko peers:5s told=1 wait=5s"},
    {"or_less_long", "failures=1", "ko wait=30s peers:0s take:a half told=2"},
    {"beyond_the_longest_reset_time", "failures=1 reset=1s max=2s", "ko peers:9s wait=9s +8s no"},
    {"a_health_check_still_helps", "", "peers:5s health half"},
    {"open_by_hand_it_hears_nothing", "", "hand:open peers:0s no by-hand told=1 peers:well open"},
    {"closed_by_hand_it_hears_nothing", "", "hand:closed peers:5s closed told=0"},
    {"released_it_hears_again", "", "hand:closed hand:auto peers:5s open"},
    {"a_finding_of_its_own", "failures=1 reset=1s",
     "not-found-here ko found-here +1s take:a found-here"},
    {"a_failed_probe_is_one", "", "peers:1s +1s ko open why=probe_failed found-here"},
    {"closing_ends_it", "failures=1 reset=1s", "ko +1s ok closed not-found-here"},
    {"by_hand_is_none", "", "hand:open not-found-here"},
    {"well_closes", "failures=1",
     "ko peers:well closed why=peers told=2 row=0 total=0 not-found-here"},
    {"well_closes_one_that_recovers", "failures=1 reset=1s successes=2",
     "ko +1s ok half peers:well closed"},
    {"well_forgets_the_doubling", "failures=1 reset=1s", "ko +1s ko wait=2s peers:well ko wait=1s"},
    {"well_is_nothing_to_a_closed_one", "", "4*ko peers:well closed row=4 told=0 ko open"},
    {"well_begins_the_gradual_way_without_a_probe", "failures=1 gradual successes=2",
     "ko peers:well half why=peers share=0.1 9*no ok share=0.2 not-found-here"},
    {"the_gradual_way_is_not_begun_anew_by_a_failure", "failures=1 reset=1s gradual",
     "ko peers:well 9*no ko open wait=2s found-here"},
    {"what_happens_while_it_recovers", "failures=1 reset=1s successes=3",
     "ko +1s take:a take:b take:c no asked=4 out=3 ok:a asked=4 out=2"},
    {"nothing_happens_elsewhere", "", "3*ok asked=0 out=0"},
};

class breaker_peers_table : public ::testing::TestWithParam<breaker_case> {};

TEST_P(breaker_peers_table, holds) {
    breaker_script(GetParam()).play();
}

INSTANTIATE_TEST_SUITE_P(peers, breaker_peers_table, ::testing::ValuesIn(peers),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace symphony
