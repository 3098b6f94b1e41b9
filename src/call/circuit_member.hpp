#pragma once

#include "symphony/policy/circuit_breaker.hpp"
#include "symphony/store/circuit_store.hpp"

#include <cstdint>
#include <optional>

namespace symphony {

/// One process among those that share a circuit: what it says to them, and what follows from their
/// answer for its own breaker, which decides alone about its calls. Pure: time is an argument. Not
/// thread-safe.
///
/// A round: `prepare`, do what it says, `say`, ask the store, `hear`, do what it says.
class circuit_member {
public:
    /// The health page of the API, if there is one.
    struct page_timing {
        duration interval{};
        duration timeout{};
    };

    /// `who`: as in `circuit_report`.
    circuit_member(std::uint64_t who, const circuit_breaker_options& options,
                   std::optional<page_timing> page);

    /// What its breaker has to do.
    struct order {
        enum class action : std::uint8_t { none, open, recover };
        action what = action::none;
        instant until{};  ///< of `open`: `circuit_breaker::open_with_peers`
    };

    /// Before it speaks: a turn that is not used is given up where others want it.
    [[nodiscard]] order prepare(const circuit_breaker::view& seen, instant now);
    /// `refused`: calls came lately, so that there is something to try it with.
    [[nodiscard]] circuit_report say(const circuit_breaker::view& seen, instant now, bool refused);
    [[nodiscard]] order hear(const circuit_council& told, const circuit_breaker::view& seen,
                             instant now);
    /// When the next round is due after this one; the store's answer changes nothing about it where
    /// there was none.
    [[nodiscard]] instant next(const circuit_breaker::view& seen, instant now) const;

    void reconfigure(const circuit_breaker_options& options, std::optional<page_timing> page);
    /// The health page was asked.
    void note_health(bool well) noexcept;
    /// Whether this process may ask the health page: while the circuit is open for all, one does.
    [[nodiscard]] bool may_check() const noexcept {
        return !is_led() || turn_ == circuit_turn_kind::check;
    }
    /// The last word of the others.
    [[nodiscard]] const circuit_council& heard() const noexcept { return told_; }
    /// The store gave no answer. What was told stands until the circuit goes on by itself.
    void lose_contact() noexcept { in_contact_ = false; }
    /// Whether the others rule what a health page's answer means.
    [[nodiscard]] bool is_led() const noexcept { return in_contact_ && told_.open; }

private:
    using trial = circuit_report::trial;

    // OPEN with its time over: the next call tries.
    [[nodiscard]] bool is_untried(const circuit_breaker::view& seen) const noexcept {
        return seen.generation == began_at_ && seen.state == circuit_state::open;
    }
    [[nodiscard]] trial result_of(const circuit_breaker::view& seen) const noexcept;
    [[nodiscard]] circuit_report::finding finding_of(const circuit_breaker::view& seen,
                                                     instant now) noexcept;
    [[nodiscard]] circuit_turn_kind wish_for(const circuit_breaker::view& seen, instant now,
                                             bool refused) const noexcept;
    [[nodiscard]] bool is_new(instant now) const noexcept;
    [[nodiscard]] order follow_open(const circuit_breaker::view& seen, instant now);
    [[nodiscard]] order stand_back(instant now) const noexcept;

    const std::uint64_t who_;
    circuit_breaker_options options_;
    std::optional<page_timing> page_;

    circuit_council told_{};
    instant wait_until_{};  // of what was told
    circuit_turn_kind turn_ = circuit_turn_kind::none;
    // Of a turn to probe: the breaker's generation when it began, and its last sign of a call.
    std::uint64_t began_at_ = 0;
    instant used_at_{};
    duration patience_ = std::chrono::seconds(1);  // doubles with each turn without a call
    std::uint64_t said_at_ = 0;  // the breaker's generation when this spoke last, and since when
    instant said_since_{};
    std::uint64_t heard_at_ = 0;  // the breaker's generation when it heard the others last
    std::uint32_t asked_ = 0;
    trial health_ = trial::none;  // of a turn to check: not told yet
    trial said_ = trial::none;    // in this round
    bool in_contact_ = false;
    std::optional<instant> joined_;  // when it was heard first
    bool behind_ = false;            // its finding was of an epoch that is over
};

}  // namespace symphony
