#include "call/circuit_member.hpp"

#include <algorithm>
#include <utility>

namespace symphony {

namespace {

using action = circuit_member::order::action;
using turn_kind = circuit_turn_kind;

constexpr duration beat_closed = std::chrono::seconds(1);
constexpr duration beat_open = std::chrono::milliseconds(250);
constexpr duration beat_at_once = std::chrono::milliseconds(10);
// The circuit stays open for so long beyond what was told: until the next words, and some that get
// lost. Without any it goes on by itself.
constexpr duration margin = std::chrono::seconds(1);
// For so long a turn may wait for its first call, if others want it too, and so many times as long
// for the next one, once it is trying; twice as long after each turn that was given up.
constexpr duration least_patience = std::chrono::seconds(1);
constexpr duration most_patience = std::chrono::seconds(64);
constexpr int when_trying = 30;

duration longest_reset(const circuit_breaker_options& options) {
    return options.max_reset_timeout.value_or(options.reset_timeout * 10);
}

}  // namespace

circuit_member::circuit_member(std::uint64_t who, const circuit_breaker_options& options,
                               std::optional<page_timing> page)
    : who_(std::max<std::uint64_t>(who, 1)), options_(options), page_(page) {}

void circuit_member::reconfigure(const circuit_breaker_options& options,
                                 std::optional<page_timing> page) {
    options_ = options;
    page_ = page;
}

void circuit_member::note_health(bool well) noexcept {
    if (turn_ == turn_kind::check) health_ = well ? trial::well : trial::sick;
}

circuit_member::order circuit_member::stand_back(instant now) const noexcept {
    return {action::open, later(std::max(now, wait_until_), margin)};
}

circuit_member::order circuit_member::prepare(const circuit_breaker::view& seen, instant now) {
    if (turn_ != turn_kind::probe) return {};
    const bool trying = seen.state == circuit_state::half_open;
    if (!trying && !is_untried(seen)) return {};
    if (trying && (seen.in_flight > 0 || seen.asked != asked_)) used_at_ = now;
    asked_ = seen.asked;
    const duration patience = trying ? when_trying * patience_ : patience_;
    if (!told_.wanted || difference(now, used_at_) < patience) return {};
    patience_ = std::min(2 * patience_, most_patience);
    turn_ = turn_kind::none;
    return stand_back(now);
}

circuit_report circuit_member::say(const circuit_breaker::view& seen, instant now, bool refused) {
    said_ = seen.manual ? trial::none : result_of(seen);
    if (said_ == trial::proven || said_ == trial::failed) patience_ = least_patience;
    circuit_report says;
    says.who = who_;
    says.epoch = told_.epoch;
    says.found = finding_of(seen, now);
    says.result = said_;
    says.wish = wish_for(seen, now, refused);
    if (said_ == trial::sick && page_) says.hold = page_->interval + page_->timeout;
    says.reset_timeout = options_.reset_timeout;
    says.max_reset_timeout = longest_reset(options_);
    behind_ = says.found == circuit_report::finding::broken && told_.epoch != 0;
    return says;
}

circuit_member::trial circuit_member::result_of(const circuit_breaker::view& seen) const noexcept {
    if (turn_ == turn_kind::check) return health_;
    if (turn_ != turn_kind::probe || seen.generation == began_at_) return trial::none;
    const bool proven =
        seen.state == circuit_state::closed && seen.reason == circuit_reason::recovered;
    const bool failed =
        seen.state == circuit_state::open && seen.reason == circuit_reason::probe_failed;
    return proven ? trial::proven : failed ? trial::failed : trial::none;
}

// One that is open because others said so has nothing of its own to say.
circuit_report::finding circuit_member::finding_of(const circuit_breaker::view& seen,
                                                   instant now) noexcept {
    using finding = circuit_report::finding;
    if (std::exchange(said_at_, seen.generation) != seen.generation) said_since_ = now;
    if (seen.manual) return finding::unsure;
    if (seen.state != circuit_state::closed) {
        if (seen.own_finding) return is_new(now) ? finding::unsure : finding::broken;
        return seen.state == circuit_state::half_open ? finding::sound : finding::unsure;
    }
    const bool enough = seen.window_total >= options_.minimum_requests;
    if (enough) return finding::sound;
    // A few calls without a failure are enough too: what opens a circuit is no more; and so is a
    // recovery, after which the window is empty.
    const bool recovered =
        seen.reason == circuit_reason::recovered || seen.reason == circuit_reason::peers;
    const bool lately = recovered && difference(now, said_since_) < options_.window;
    return seen.window_failures == 0 && (seen.window_total > 0 || lately) ? finding::sound
                                                                          : finding::unsure;
}

// What it found in a life before, if it died of it, must be forgotten first, or it would count
// twice.
bool circuit_member::is_new(instant now) const noexcept {
    return !joined_ || difference(now, *joined_) < circuit_store::broken_time;
}

circuit_turn_kind circuit_member::wish_for(const circuit_breaker::view& seen, instant now,
                                           bool refused) const noexcept {
    if (seen.manual || !told_.open) return turn_kind::none;
    if (said_ == trial::proven || said_ == trial::failed) return turn_kind::none;
    if (turn_ == turn_kind::probe) {
        // Taken over by hand and released meanwhile, it tries nothing.
        const bool tries = seen.state == circuit_state::half_open || is_untried(seen);
        return tries ? turn_kind::probe : turn_kind::none;
    }
    if (seen.state != circuit_state::open) return turn_kind::none;
    if (now < wait_until_ && said_ != trial::well) {
        return page_ ? turn_kind::check : turn_kind::none;
    }
    return refused ? turn_kind::probe : turn_kind::none;
}

circuit_member::order circuit_member::hear(const circuit_council& told,
                                           const circuit_breaker::view& seen, instant now) {
    const std::uint64_t known = told_.epoch;
    const bool heard_of = std::exchange(heard_at_, seen.generation) == seen.generation;
    told_ = told;
    in_contact_ = true;
    if (!joined_) joined_ = now;
    wait_until_ = later(now, told.wait);
    behind_ = behind_ && told.epoch != known;
    const trial said = std::exchange(said_, trial::none);
    if (said == health_) health_ = trial::none;  // else it came while this was said
    if (!told.open || seen.manual) {
        turn_ = turn_kind::none;
        // What was found here after the last word is not what was proven.
        const bool healed = known != 0 && told.healed >= known && said != trial::proven &&
                            (heard_of || !seen.own_finding);
        const bool is_open = seen.state != circuit_state::closed;
        return {healed && is_open && !seen.manual ? action::recover : action::none, {}};
    }
    return follow_open(seen, now);
}

circuit_member::order circuit_member::follow_open(const circuit_breaker::view& seen, instant now) {
    const turn_kind had = std::exchange(turn_, told_.turn);
    if (turn_ != turn_kind::check) health_ = trial::none;
    if (turn_ == turn_kind::probe) {
        if (had == turn_kind::probe) return {};
        if (seen.state == circuit_state::open) {
            began_at_ = seen.generation;
            used_at_ = now;
            asked_ = 0;
            return {action::open, now};
        }
        turn_ = turn_kind::none;
    }
    return stand_back(now);
}

instant circuit_member::next(const circuit_breaker::view& seen, instant now) const {
    const bool has_more = behind_ || health_ != trial::none;
    if (in_contact_ && has_more) return later(now, beat_at_once);
    if (!told_.open && seen.state == circuit_state::closed) return later(now, beat_closed);
    const instant beat = later(now, beat_open);
    if (!told_.open || wait_until_ <= now) return beat;
    return std::min(beat, wait_until_);
}

}  // namespace symphony
