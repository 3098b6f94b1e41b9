#pragma once

#include "telemetry/alert_parcel.hpp"

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace symphony::detail {

/// Parcels that wait for a try or are under way. Of one circuit and channel one is under way at a
/// time, in the order they came, so that no alert overtakes another. Time is an argument. Not
/// thread-safe.
class alert_outbox {
public:
    static constexpr int most_tries = 4;
    static constexpr std::size_t most_at_once = 16;

    /// What goes one after another.
    using way = std::tuple<std::string, std::string, alert_channel>;
    [[nodiscard]] static way way_of(const alert_parcel& parcel) {
        return {parcel.tool, parcel.endpoint, parcel.channel};
    }

    void add(alert_parcel parcel) { waiting_.push_back(std::move(parcel)); }
    /// Waiting or under way.
    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size() + under_way_.size(); }

    /// The parcels to try now; each is under way until `done`. `at_once`: also those that wait for
    /// another try.
    [[nodiscard]] std::vector<alert_parcel> take_due(instant now, bool at_once);
    /// When there is more to take, unless something ends before.
    [[nodiscard]] instant next() const;

    /// A try ended. True when that was the last: delivered, or given up. Else it waits for
    /// `delay`, twice as long after each try, and is taken back.
    [[nodiscard]] bool done(alert_parcel& parcel, bool failed, instant now, duration delay);

    /// One that was under way is no more.
    void lost(const way& of) noexcept { under_way_.erase(of); }

private:
    std::deque<alert_parcel> waiting_;
    std::set<way> under_way_;
};

}  // namespace symphony::detail
