#include "unit/policy/breaker_script.hpp"

#include <gtest/gtest.h>

// CLOSED, OPEN and control by hand: every sentence of the promise as a few words of a script.

namespace symphony {
namespace {

using namespace symphony::testing;

constexpr breaker_case consecutive[] = {
    {"a_new_one_is_closed", "", "closed by-itself row=0 total=0 told=0 look"},
    {"four_in_a_row_are_too_few", "", "4*ko closed row=4"},
    {"the_fifth_in_a_row_opens", "", "5*ko open why=consecutive_failures told=1"},
    {"one_is_enough_if_told_so", "failures=1", "ko open"},
    {"two_if_told_so", "failures=2", "ko closed ko open"},
    {"a_success_ends_the_row", "", "4*ko ok row=0 4*ko closed ko open"},
    {"a_success_first", "", "ok 4*ko closed ko open"},
    {"alternating_never_opens", "failures=2", "ko ok ko ok ko ok ko ok closed row=0"},
    {"a_row_has_no_age", "", "4*ko +1h ko open"},
    {"a_row_of_calls_side_by_side", "failures=2", "take:a take:b ko:a closed ko:b open"},
    {"a_success_of_an_older_call_ends_the_row", "failures=3", "take:a 2*ko ok:a row=0 2*ko closed"},
    {"a_dropped_call_leaves_the_row", "failures=3", "2*ko take:a drop:a row=2 total=2 ko open"},
    {"a_dropped_call_is_no_success", "failures=2", "ko take:a drop:a ko open"},
    {"a_result_counts_once", "failures=2", "take:a ko:a ko:a row=1 closed"},
    {"later_results_of_the_opened_change_nothing", "failures=1", "take:a ko open ko:a told=1"},
    {"later_success_of_the_opened_changes_nothing", "failures=1", "take:a ko ok:a open told=1"},
    {"no_share_is_watched_unless_asked", "failures=99 least=1", "90*ko closed"},
};

constexpr breaker_case share[] = {
    {"half_of_ten", "failures=99 rate=0.5", "5*ok 4*ko closed ko open why=failure_share"},
    {"nine_outcomes_are_too_few", "failures=99 rate=0.5", "9*ko closed total=9 bad=9"},
    {"ten_outcomes_are_enough", "failures=99 rate=0.5", "10*ko open"},
    {"a_success_may_be_the_tenth", "failures=99 rate=0.5", "9*ko ok open why=failure_share"},
    {"below_the_share", "failures=99 rate=0.5", "6*ok 4*ko closed total=10 bad=4"},
    {"exactly_the_share", "failures=99 rate=0.55 least=20", "9*ok 10*ko closed ko open"},
    {"a_tenth", "failures=99 rate=0.1", "9*ok ko open"},
    {"all_of_them", "failures=99 rate=1", "9*ko ok closed 20*ko closed"},
    {"all_of_them_fail", "failures=99 rate=1", "10*ko open"},
    {"the_least_may_be_one", "failures=99 rate=1 least=1", "ko open"},
    {"outcomes_grow_old", "failures=99 rate=0.5", "9*ko +11s total=0 ko closed total=1"},
    {"outcomes_of_now_stay", "failures=99 rate=0.5", "9*ko +9s total=9 ko open"},
    {"after_a_long_gap_nothing_is_stale", "failures=99 rate=0.5", "9*ko +99h total=0 9*ko closed"},
    {"the_window_slides", "failures=99 rate=0.5 window=32s least=18",
     "9*ko +20s 8*ok total=17 bad=9 closed ok open"},
    {"the_window_slid", "failures=99 rate=0.5 window=32s least=99",
     "6*ko +20s 6*ok total=12 bad=6 +20s total=6 bad=0"},
    {"a_short_window", "failures=99 rate=0.5 window=32ms least=2", "ko +33ms ko closed 1*ko open"},
    {"a_long_window", "failures=99 rate=0.5 window=1h least=2", "ko +3000s ko open"},
    {"dropped_calls_are_no_outcomes", "failures=99 rate=0.5 least=2",
     "ko take:a drop:a total=1 closed"},
    {"both_reasons_at_once_are_the_row", "failures=3 rate=0.5 least=3",
     "3*ko open why=consecutive_failures"},
    {"the_row_comes_first", "failures=3 rate=0.5 least=10", "3*ko open why=consecutive_failures"},
};

constexpr breaker_case latency[] = {
    {"as_slow_as_the_threshold_is_in_time", "latency=100ms least=1", "take:a +100ms ok:a bad=0"},
    {"slower_is_slow", "latency=100ms least=2", "take:a +101ms ok:a bad=1 row=0 closed"},
    {"a_nanosecond_slower_is_slow", "latency=100ms least=1",
     "take:a +100ms +1ns ok:a open why=failure_share"},
    {"the_share_is_a_half_unless_given", "latency=100ms least=4",
     "2*ok take:a take:b +101ms ok:a closed ok:b open"},
    {"a_given_share_rules", "latency=100ms rate=0.75 least=4",
     "ok take:a take:b take:c +101ms ok:a ok:b closed ok:c open"},
    {"slow_ones_are_no_row", "latency=100ms failures=2 least=99",
     "take:a take:b +101ms ok:a ok:b row=0 closed"},
    {"a_slow_failure_counts_once", "latency=100ms failures=9 least=9",
     "take:a +101ms ko:a total=1 bad=1 row=1"},
    {"still_running_counts_right_then", "latency=100ms least=1", "take:a +101ms slow:a open"},
    {"still_running_is_not_slow_yet", "latency=100ms least=1", "take:a +100ms slow:a total=0"},
    {"still_running_counts_once", "latency=100ms least=9",
     "take:a +101ms slow:a slow:a total=1 bad=1"},
    {"its_success_counts_no_more", "latency=100ms least=9", "take:a +101ms slow:a ok:a total=1"},
    {"its_failure_counts_in_the_row", "latency=100ms failures=1 least=9",
     "take:a +101ms slow:a ko:a open why=consecutive_failures"},
    {"its_cancelling_counts_no_more", "latency=100ms least=9", "take:a +101ms slow:a drop:a bad=1"},
    {"answered_in_time_may_take_long", "latency=100ms least=9",
     "take:a +50ms answered:a +1h ok:a total=1 bad=0"},
    {"answered_late_is_slow_right_then", "latency=100ms least=1", "take:a +101ms answered:a open"},
    {"answered_in_time_and_broken_off", "latency=100ms least=9",
     "take:a answered:a +1h ko:a total=1 bad=1 row=1"},
    {"without_a_threshold_nothing_is_slow", "rate=0.5 least=1", "take:a +1h slow:a ok:a bad=0"},
    {"a_slow_one_of_an_older_state_is_late", "latency=100ms failures=1 least=1",
     "take:a ko open +101ms slow:a told=1 open"},
    {"probes_may_be_slow", "latency=100ms failures=1 reset=1s least=1",
     "ko +1s take:p +9s slow:p half ok:p closed total=0"},
};

constexpr breaker_case opened[] = {
    {"refuses_at_once", "failures=1", "ko no look- wait=30s"},
    {"says_what_remains", "failures=1", "ko +10s no wait=20s"},
    {"to_the_last_nanosecond", "failures=1 reset=1s", "ko +999ms no wait=1ms"},
    {"admits_at_exactly_its_moment", "failures=1 reset=1s", "ko +1s look take:a half"},
    {"a_look_does_not_end_it", "failures=1 reset=1s", "ko +1s look look open told=1"},
    {"asking_does_not_end_it", "failures=1 reset=1s", "ko +1s ask:a open told=1 use:a half"},
    {"refuses_those_that_ask", "failures=1 reset=1s", "ko ask- +999ms ask-"},
    {"stays_open_while_nobody_asks", "failures=1 reset=1s", "ko +9h open look"},
    {"many_refusals_change_nothing", "failures=1 reset=1s", "ko 50*no wait=1s open told=1"},
    {"the_next_opening_doubles", "failures=1 reset=1s", "ko +1s ko open wait=2s why=probe_failed"},
    {"and_doubles_again", "failures=1 reset=1s", "ko +1s ko +2s ko wait=4s +4s ko wait=8s"},
    {"up_to_ten_times", "failures=1 reset=1s", "ko +1s ko +2s ko +4s ko +8s ko wait=10s"},
    {"and_no_further", "failures=1 reset=1s", "ko +1s ko +2s ko +4s ko +8s ko +10s ko wait=10s"},
    {"up_to_the_given_bound", "failures=1 reset=1s max=3s", "ko +1s ko wait=2s +2s ko wait=3s"},
    {"a_bound_that_forbids_doubling", "failures=1 reset=1s max=1s", "ko +1s ko wait=1s"},
    {"closing_forgets_the_doubling", "failures=1 reset=1s", "ko +1s ko +2s ok closed ko wait=1s"},
    {"it_is_timed_from_its_opening", "failures=1 reset=1s", "ko +5s take:a +3s ko:a wait=2s"},
    {"a_late_first_probe_still_doubles_once", "failures=1 reset=1s", "ko +1h ko wait=2s"},
};

constexpr breaker_case by_hand[] = {
    {"open_refuses", "", "hand:open open by-hand no look- why=manual told=1"},
    {"open_outlasts_every_time_out", "reset=1s", "hand:open +9999h no open"},
    {"open_heeds_no_health_check", "reset=1s", "hand:open health open no"},
    {"open_heeds_no_failed_health_check", "reset=1s", "hand:open sick:5s +9h no open"},
    {"open_is_released_to_closed", "", "hand:open hand:auto closed by-itself ok told=2"},
    {"open_taken_over_stays_past_its_time", "failures=1 reset=1s", "ko hand:open +9h no told=1"},
    {"open_from_half_open", "failures=1 reset=1s", "ko +1s take:a hand:open open ok:a open no"},
    {"released_it_begins_with_fresh_counters", "failures=2",
     "ko hand:open hand:auto row=0 total=0"},
    {"results_of_before_are_late", "failures=1", "take:a hand:open hand:auto ko:a closed row=0"},
    {"closed_never_opens", "failures=1", "hand:closed 9*ko closed by-hand row=9 total=9"},
    {"closed_never_opens_by_share", "failures=99 rate=0.1 least=1", "hand:closed 20*ko closed"},
    {"closed_never_opens_by_slowness", "latency=10ms least=1",
     "hand:closed take:a +11ms slow:a closed bad=1"},
    {"closed_releases_the_opened", "failures=1", "ko hand:closed closed ok why=manual"},
    {"closed_releases_the_half_open", "failures=1 reset=1s",
     "ko +1s take:a hand:closed ok ko:a ok"},
    {"auto_from_closed_has_fresh_counters", "failures=3",
     "hand:closed 9*ko hand:auto row=0 2*ko "
     "closed ko open"},
    {"auto_where_nothing_was_set", "failures=1", "ko hand:auto open told=1"},
    {"auto_twice", "", "hand:open hand:auto hand:auto closed told=2"},
    {"open_twice", "", "hand:open hand:open open told=1"},
    {"closed_while_closed_is_no_change_of_state", "", "hand:closed told=0 hand:auto told=0"},
    {"from_open_to_closed_by_hand", "", "hand:open hand:closed ok hand:open no by-hand"},
    {"taking_over_forgets_the_doubling", "failures=1 reset=1s",
     "ko +1s ko hand:closed hand:auto ko wait=1s"},
};

class breaker_table : public ::testing::TestWithParam<breaker_case> {};

TEST_P(breaker_table, holds) {
    breaker_script(GetParam()).play();
}

std::string name_of(const ::testing::TestParamInfo<breaker_case>& info) {
    return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(consecutive, breaker_table, ::testing::ValuesIn(consecutive), name_of);
INSTANTIATE_TEST_SUITE_P(share, breaker_table, ::testing::ValuesIn(share), name_of);
INSTANTIATE_TEST_SUITE_P(latency, breaker_table, ::testing::ValuesIn(latency), name_of);
INSTANTIATE_TEST_SUITE_P(open, breaker_table, ::testing::ValuesIn(opened), name_of);
INSTANTIATE_TEST_SUITE_P(by_hand, breaker_table, ::testing::ValuesIn(by_hand), name_of);

}  // namespace
}  // namespace symphony
