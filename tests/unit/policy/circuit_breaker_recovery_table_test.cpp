#include "unit/policy/breaker_script.hpp"

#include <gtest/gtest.h>

// HALF_OPEN, health checks and both ways of recovering, as a few words of a script each.

namespace symphony {
namespace {

using namespace symphony::testing;

constexpr breaker_case half_open[] = {
    {"one_call_at_a_time", "failures=1 reset=1s", "ko +1s take:a half 3*no look-"},
    {"its_success_closes", "failures=1 reset=1s", "ko +1s ok closed why=recovered told=3"},
    {"its_failure_opens", "failures=1 reset=1s", "ko +1s ko open why=probe_failed told=3"},
    {"closed_begins_afresh", "failures=2 reset=1s", "2*ko +1s ok row=0 total=0 ko closed"},
    {"refusals_name_no_wait", "failures=1 reset=1s", "ko +1s take:a wait=0s"},
    {"those_that_ask_are_refused_too", "failures=1 reset=1s", "ko +1s take:a 3*ask-"},
    {"two_may_ask_and_one_gets_it", "failures=1 reset=1s",
     "ko +1s take:x drop:x ask:a ask:b use:a "
     "use-:b ok:a closed"},
    {"a_dropped_probe_is_free_again", "failures=1 reset=1s", "ko +1s take:a drop:a half ok closed"},
    {"a_probe_dropped_late_frees_nothing", "failures=1 reset=1s",
     "ko +1s take:a/1s +1s take:b drop:a no ok:b closed"},
    {"a_lost_probe_gives_its_place_back", "failures=1 reset=1s",
     "ko +1s take:a/2s +1s no +1s look ok closed"},
    {"to_the_last_nanosecond", "failures=1 reset=1s", "ko +1s take:a/2s +1999ms no look-"},
    {"a_lost_probe_fails_too_late", "failures=1 reset=1s",
     "ko +1s take:a/1s +1s take:b ko:a half ok:b closed"},
    {"a_lost_probe_succeeds_too_late", "failures=1 reset=1s",
     "ko +1s take:a/1s +1s take:b ok:a half ko:b open"},
    {"without_a_successor_late_is_in_time", "failures=1 reset=1s",
     "ko +1s take:a/1s +5s ok:a closed"},
    {"two_successes_close", "failures=1 reset=1s successes=2", "ko +1s ok half ok closed"},
    {"two_at_a_time", "failures=1 reset=1s successes=2", "ko +1s take:a take:b no ok:a take:c no"},
    {"a_failure_among_three_opens", "failures=1 reset=1s successes=3",
     "ko +1s take:a take:b ok:a ko:b open"},
    {"what_came_before_the_failure_is_forgotten", "failures=1 reset=1s successes=2",
     "ko +1s ok ko open +2s ok half ok closed"},
    {"the_other_probe_is_late", "failures=1 reset=1s successes=2",
     "ko +1s take:a take:b ko:a ok:b ok:b open told=3"},
    {"a_probe_of_an_older_half_open", "failures=1 reset=1s successes=2",
     "ko +1s take:a take:b ko:a +2s take:c ok:b half ko:b half ok:c half"},
    {"a_call_of_before_the_opening", "failures=1 reset=1s",
     "take:a ko +1s take:p ko:a half ok:p closed"},
    {"a_call_of_before_succeeds", "failures=1 reset=1s", "take:a ko +1s take:p ok:a half"},
    {"a_probe_fails_in_the_row", "failures=5 reset=1s", "5*ko +1s row=5 ko row=6"},
    {"no_share_is_shown", "failures=1 reset=1s", "ko +1s take:a share=none"},
    {"a_thousand_probes", "failures=1 reset=1s successes=1000", "ko +1s 999*ok half ok closed"},
};

constexpr breaker_case health[] = {
    {"a_success_half_opens_at_once", "failures=1", "ko health half why=health_check"},
    {"then_the_probe_decides", "failures=1", "ko health ok closed why=recovered"},
    {"then_the_probe_fails", "failures=1 reset=1s", "ko health ko open wait=2s"},
    {"no_effect_while_closed", "", "health closed told=0 2*ok"},
    {"no_effect_while_half_open", "failures=1 reset=1s", "ko +1s take:a health told=2 no"},
    {"a_failure_keeps_it_open", "failures=1 reset=1s", "ko +500ms sick:2s wait=2000ms +1s no open"},
    {"past_its_time_too", "failures=1 reset=1s", "ko +2s look sick:1s look- +999ms no +1ms look"},
    {"a_failure_never_shortens", "failures=1 reset=9s", "ko sick:1s wait=9s"},
    {"at_most_to_the_longest", "failures=1 reset=1s max=3s", "ko +2s sick:9s wait=1s +1s look ko"},
    {"after_the_longest_it_is_too_late", "failures=1 reset=1s max=3s",
     "ko +3s sick:9s look ok closed"},
    {"failures_add_up_to_the_longest", "failures=1 reset=1s max=5s",
     "ko +1s sick:2s +2s sick:2s +1s sick:2s wait=1s +1s sick:2s look"},
    {"each_opening_has_its_own_longest", "failures=1 reset=1s max=3s",
     "ko +3s ko wait=2s +1s sick:9s wait=2s"},
    {"no_failure_while_closed", "", "sick:9s look closed"},
    {"no_failure_while_half_open", "failures=1 reset=1s", "ko +1s take:a drop:a sick:9s look half"},
    {"a_success_after_failures", "failures=1 reset=1s", "ko sick:5s health half ok closed"},
    {"a_failure_does_not_double", "failures=1 reset=1s", "ko sick:5s health ok closed ko wait=1s"},
    {"the_wait_says_what_is_known", "failures=1 reset=1s max=60s", "ko sick:5s +1s wait=4s"},
};

constexpr breaker_case gradual[] = {
    {"the_first_call_is_alone", "failures=1 reset=1s gradual", "ko +1s take:a 25*no share=none"},
    {"the_first_failure_opens", "failures=1 reset=1s gradual", "ko +1s ko open wait=2s"},
    {"a_dropped_first_has_a_successor", "failures=1 reset=1s gradual",
     "ko +1s take:a drop:a take:b no ok:b share=0.2"},
    {"a_lost_first_has_a_successor", "failures=1 reset=1s gradual",
     "ko +1s take:a/2s +2s take:b no ok:b share=0.2"},
    {"each_success_is_a_step", "failures=1 reset=1s gradual",
     "ko +1s ok share=0.2 4*no ok share=0.4 2*no ok share=0.8 no ok closed why=recovered"},
    {"each_step_wants_its_successes", "failures=1 reset=1s gradual successes=2",
     "ko +1s ok share=0.1 8*no ok share=0.2 4*no ok share=0.2 4*no ok share=0.4"},
    {"every_tenth_call_at_ten_percent", "failures=1 reset=1s gradual successes=99",
     "ko +1s ok 8*no ok 9*no ok 9*no ok 9*no ok share=0.1"},
    {"every_fifth_call_at_twenty_percent", "failures=1 reset=1s gradual successes=3",
     "ko +1s ok 8*no ok 9*no ok share=0.2 4*no ok 4*no ok 4*no ok share=0.4"},
    {"two_of_five_at_forty_percent", "failures=1 reset=1s gradual",
     "ko +1s ok 4*no ok share=0.4 2*no take:a no take:b 2*no take:c no take:d share=0.4"},
    {"four_of_five_at_eighty_percent", "failures=1 reset=1s gradual",
     "ko +1s ok 4*no ok 2*no ok share=0.8 no take:a take:b take:c take:d no take:e"},
    {"a_failure_at_ten_percent_opens", "failures=1 reset=1s gradual successes=5",
     "ko +1s ok 8*no ko open wait=2s why=probe_failed"},
    {"a_failure_at_eighty_percent_opens", "failures=1 reset=1s gradual",
     "ko +1s ok 4*no ok 2*no ok no ko open wait=2s share=none"},
    {"the_next_time_begins_at_the_probe", "failures=1 reset=1s gradual",
     "ko +1s ok 4*no ko +2s take:a no share=none ok:a share=0.2"},
    {"many_may_be_out", "failures=1 reset=1s gradual successes=9",
     "ko +1s ok 8*no take:a 9*no take:b 9*no take:c ok:a ok:b ok:c share=0.1 half"},
    {"a_step_is_proven_by_its_own_calls", "failures=1 reset=1s gradual successes=2",
     "ko +1s ok 8*no take:a 9*no take:b 9*no take:c ok:a share=0.2 ok:b ok:c share=0.2"},
    {"a_failure_of_an_earlier_step_opens", "failures=1 reset=1s gradual successes=2",
     "ko +1s ok 8*no take:a 9*no take:b ok:a share=0.2 ko:b open"},
    {"a_dropped_call_is_no_success", "failures=1 reset=1s gradual",
     "ko +1s ok 4*no take:a drop:a share=0.2 4*no ok share=0.4"},
    {"a_look_counts_nothing", "failures=1 reset=1s gradual", "ko +1s ok 50*look 4*no ok"},
    {"a_look_while_the_first_is_alone", "failures=1 reset=1s gradual", "ko +1s take:a look-"},
    {"asking_counts_and_its_turn_holds", "failures=1 reset=1s gradual",
     "ko +1s ok 4*ask- ask:a 4*ask- ask:b use:b use:a ok:a share=0.4"},
    {"a_turn_is_not_counted_twice", "failures=1 reset=1s gradual successes=9",
     "ko +1s ok 8*ask- ask:a use:a 9*no ok"},
    {"a_turn_that_is_not_used_is_lost", "failures=1 reset=1s gradual",
     "ko +1s ok 4*ask- ask:a 4*ask- "
     "ask:b"},
    {"a_turn_of_an_older_state_is_worth_nothing", "failures=1 reset=1s gradual",
     "ko +1s ok 4*ask- ask:a 4*no ko open use-:a +2s take:p use-:a"},
    {"a_turn_passes_when_it_has_closed", "failures=1 reset=1s gradual",
     "ko +1s ok 4*ask- ask:a hand:closed use:a"},
    {"asking_while_the_first_is_alone", "failures=1 reset=1s gradual",
     "ko +1s take:a 5*ask- ok:a "
     "share=0.2"},
    {"asking_first_and_being_the_probe", "failures=1 reset=1s gradual",
     "ko health ask:a ask:b use:a use-:b ok:a share=0.2"},
    {"a_health_check_begins_it", "failures=1 gradual", "ko health take:a no ok:a share=0.2"},
    {"closed_by_hand_ends_it", "failures=1 reset=1s gradual", "ko +1s ok hand:closed 9*ok"},
    {"closing_forgets_the_doubling", "failures=1 reset=1s gradual",
     "ko +1s ko wait=2s +2s ok 4*no ok 2*no ok no ok closed ko wait=1s"},
    {"closed_begins_afresh", "failures=2 reset=1s gradual",
     "2*ko +1s ok 4*no ok 2*no ok no ok closed row=0 total=0 9*ok"},
    {"refusals_name_no_wait", "failures=1 reset=1s gradual", "ko +1s take:a wait=0s"},
};

class breaker_recovery_table : public ::testing::TestWithParam<breaker_case> {};

TEST_P(breaker_recovery_table, holds) {
    breaker_script(GetParam()).play();
}

std::string name_of(const ::testing::TestParamInfo<breaker_case>& info) {
    return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(half_open, breaker_recovery_table, ::testing::ValuesIn(half_open),
                         name_of);
INSTANTIATE_TEST_SUITE_P(health, breaker_recovery_table, ::testing::ValuesIn(health), name_of);
INSTANTIATE_TEST_SUITE_P(gradual, breaker_recovery_table, ::testing::ValuesIn(gradual), name_of);

}  // namespace
}  // namespace symphony
