#include "telemetry/alert_outbox.hpp"

#include <algorithm>
#include <utility>

namespace symphony::detail {

std::vector<alert_parcel> alert_outbox::take_due(instant now, bool at_once) {
    std::vector<alert_parcel> due;
    std::set<way> taken = under_way_;
    for (auto it = waiting_.begin(); it != waiting_.end();) {
        const bool first = taken.insert(way_of(*it)).second;
        const bool goes =
            first && (at_once || it->not_before <= now) && under_way_.size() < most_at_once;
        if (!goes) {
            ++it;
            continue;
        }
        ++it->tries;
        under_way_.insert(way_of(*it));
        due.push_back(std::move(*it));
        it = waiting_.erase(it);
    }
    return due;
}

instant alert_outbox::next() const {
    instant earliest = instant::max();
    std::set<way> taken = under_way_;
    if (taken.size() >= most_at_once) return earliest;
    for (const alert_parcel& parcel : waiting_) {
        if (taken.insert(way_of(parcel)).second) earliest = std::min(earliest, parcel.not_before);
    }
    return earliest;
}

bool alert_outbox::done(alert_parcel& parcel, bool failed, instant now, duration delay) {
    under_way_.erase(way_of(parcel));
    if (!failed || parcel.tries >= most_tries) return true;
    parcel.not_before = later(now, delay * (1 << (parcel.tries - 1)));
    waiting_.push_front(std::move(parcel));  // before what came later
    return false;
}

}  // namespace symphony::detail
