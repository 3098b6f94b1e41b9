#pragma once

#include "symphony/core/time.hpp"
#include "symphony/telemetry/alert.hpp"

#include <cstdint>
#include <optional>

namespace symphony::detail {

/// When the alerts of one circuit go: the first at once, then at most one an interval, and what was
/// held back as one summary when the interval ends, so that the last state always arrives. A state
/// machine of fixed size; time is an argument. Not thread-safe.
class alert_pacer {
public:
    /// For a circuit that was open already.
    void begin_open(instant now) noexcept {
        open_ = true;
        down_since_ = now;
    }
    /// What did not change the circuit (a re-opening from half-open) counts for nothing. True: an
    /// alert is held back because of it.
    bool on_change(const alert_change& change, duration min_interval) noexcept;
    /// When there will be something to take; nothing: as long as nothing changes.
    [[nodiscard]] std::optional<instant> due(duration min_interval) const noexcept;
    /// The alert that is due at `now`, without names. `at_once`: before the interval ends too.
    [[nodiscard]] std::optional<alert_notice> take(instant now, duration min_interval,
                                                   bool at_once = false) noexcept;

private:
    bool open_ = false;
    bool held_back_ = false;  // a change came while the interval ran
    std::uint32_t opened_ = 0;
    std::uint32_t recovered_ = 0;
    std::optional<instant> sent_at_;
    instant down_since_{};
    duration down_for_{};
    wall_time first_at_{};
    std::uint64_t generation_ = 0;
    alert_change last_{};
};

}  // namespace symphony::detail
