#pragma once

#include "store/rate_units.hpp"
#include "symphony/store/circuit_store.hpp"

#include <cstdint>
#include <map>

namespace symphony::detail {

/// One shared circuit: the step of `circuit.lua`, in whole microseconds. Not thread-safe.
class memory_circuit {
public:
    /// One word, and what all of them come to. `now` is above 0 and never runs back.
    [[nodiscard]] circuit_council hear(micros now, const circuit_report& says);

private:
    using turn_kind = circuit_turn_kind;
    using views = std::map<std::uint64_t, micros>;  // who, and until when it counts

    void begin_anew(micros now, std::uint64_t epoch);
    void settle_trial(micros now, const circuit_report& says);
    void take_view(micros now, const circuit_report& says, bool counts);
    void decide(micros now, const circuit_report& says);
    [[nodiscard]] turn_kind give_turn(micros now, const circuit_report& says);
    [[nodiscard]] bool has_turn(const circuit_report& says) const noexcept {
        return turn_ != turn_kind::none && holder_ == says.who;
    }

    std::uint64_t epoch_ = 0;
    std::uint64_t healed_ = 0;
    bool open_ = false;
    micros since_ = 0;
    micros wait_ = 0;
    micros until_ = 0;
    turn_kind turn_ = turn_kind::none;
    std::uint64_t holder_ = 0;
    micros turn_ends_ = 0;
    std::uint64_t last_ = 0;  // whose turn to probe was the latest
    micros born_ = 0;
    std::uint64_t sick_ = 0;  // whose page was so last, and when
    micros sick_at_ = 0;
    std::map<std::uint64_t, std::uint32_t> failed_;  // whose trials failed how often
    bool wanted_ = false;
    views broken_;
    views sound_;
};

}  // namespace symphony::detail
