#include "store/memory_circuit.hpp"

#include <algorithm>

namespace symphony::detail {

namespace {

constexpr micros view_time = micros_up(circuit_store::view_time);
constexpr micros turn_time = micros_up(circuit_store::turn_time);
constexpr micros broken_time = micros_up(circuit_store::broken_time);
constexpr micros shy_time = micros_up(circuit_store::shy_time);
constexpr micros settling_time = micros_up(circuit_store::settling_time);
constexpr std::uint32_t most_shy = 8;

}  // namespace

circuit_council memory_circuit::hear(micros now, const circuit_report& says) {
    if (epoch_ == 0 || says.epoch > epoch_) {
        begin_anew(now, std::max(static_cast<std::uint64_t>(now), says.epoch + 1));
    }
    until_ = std::min(until_, now + std::max(wait_, micros_up(says.max_reset_timeout)));
    if (turn_ends_ <= now) turn_ = turn_kind::none;
    const std::uint64_t before = epoch_;
    const bool speaks = says.epoch == epoch_ || says.epoch == 0;
    if (speaks && open_) settle_trial(now, says);
    take_view(now, says, speaks && epoch_ == before);
    decide(now, says);
    circuit_council told;
    told.turn = give_turn(now, says);
    told.epoch = epoch_;
    told.healed = healed_;
    told.open = open_;
    told.wait = std::chrono::microseconds(open_ ? std::max<micros>(until_ - now, 0) : 0);
    told.broken = static_cast<std::uint32_t>(broken_.size());
    told.sound = static_cast<std::uint32_t>(sound_.size());
    told.wanted = wanted_;
    return told;
}

void memory_circuit::begin_anew(micros now, std::uint64_t epoch) {
    *this = memory_circuit();
    epoch_ = epoch;
    born_ = now;
}

void memory_circuit::settle_trial(micros now, const circuit_report& says) {
    using trial = circuit_report::trial;
    const micros longest = micros_up(says.max_reset_timeout);
    const bool mine = has_turn(says);
    const bool tries = mine && turn_ == turn_kind::probe;
    if (says.result == trial::proven && last_ == says.who && (tries || turn_ == turn_kind::none)) {
        const std::uint64_t proven = epoch_;
        begin_anew(now, std::max(static_cast<std::uint64_t>(now), proven + 1));
        healed_ = proven;
    } else if (says.result == trial::failed && tries) {
        wait_ = std::min(wait_ * 2, std::max(longest, wait_));
        since_ = now;
        until_ = now + wait_;
        turn_ = turn_kind::none;
        ++failed_[says.who];
    } else if (says.result == trial::well && mine && turn_ == turn_kind::check) {
        until_ = std::min(until_, now);
        turn_ = turn_kind::none;
    } else if (says.result == trial::sick && mine && turn_ == turn_kind::check) {
        until_ = std::max(until_, std::min(now + micros_up(says.hold), since_ + longest));
        turn_ = turn_kind::none;
        sick_ = says.who;
        sick_at_ = now;
    }
}

void memory_circuit::take_view(micros now, const circuit_report& says, bool counts) {
    using finding = circuit_report::finding;
    broken_.erase(says.who);
    sound_.erase(says.who);
    if (counts && says.found == finding::broken) broken_[says.who] = now + broken_time;
    if (counts && says.found == finding::sound) sound_[says.who] = now + view_time;
    for (views* const all : {&broken_, &sound_}) {
        std::erase_if(*all, [now](const auto& view) { return view.second <= now; });
    }
}

void memory_circuit::decide(micros now, const circuit_report& says) {
    if (open_ || broken_.size() < 2 || broken_.size() <= sound_.size()) return;
    if (now < born_ + settling_time) return;
    open_ = true;
    since_ = now;
    wait_ = micros_up(says.reset_timeout);
    until_ = now + wait_;
    turn_ = turn_kind::none;
    last_ = 0;
    sick_ = 0;
    failed_.clear();
    wanted_ = false;
}

circuit_turn_kind memory_circuit::give_turn(micros now, const circuit_report& says) {
    const bool mine = has_turn(says);
    const bool free = turn_ == turn_kind::none || mine;
    turn_kind given = turn_kind::none;
    bool shy = false;
    if (open_ && says.wish == turn_kind::check && now < until_ && free) {
        shy = sick_ == says.who && now < sick_at_ + shy_time;
        if (!shy) given = turn_kind::check;
    } else if (open_ && says.wish == turn_kind::probe && now >= until_) {
        const auto known = failed_.find(says.who);
        const std::uint32_t failed = known == failed_.end() ? 0 : std::min(known->second, most_shy);
        shy = !(mine && turn_ == turn_kind::probe) && now < until_ + failed * shy_time;
        if ((free || turn_ == turn_kind::check) && !shy) given = turn_kind::probe;
    }
    if (given != turn_kind::none) {
        if (!mine || turn_ != given) wanted_ = false;
        turn_ = given;
        holder_ = says.who;
        turn_ends_ = now + turn_time;
        if (given == turn_kind::probe) last_ = says.who;
    } else {
        if (mine) turn_ = turn_kind::none;
        if (open_ && says.wish == turn_kind::probe && !shy) wanted_ = true;
    }
    return given;
}

}  // namespace symphony::detail
