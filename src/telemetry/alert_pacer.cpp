#include "telemetry/alert_pacer.hpp"

namespace symphony::detail {

bool alert_pacer::on_change(const alert_change& change, duration min_interval) noexcept {
    if (change.generation < generation_) return false;
    generation_ = change.generation;
    if (change.open == open_) return false;
    open_ = change.open;
    if (opened_ + recovered_ == 0) first_at_ = change.wall;
    if (open_) {
        ++opened_;
        down_since_ = change.at;
    } else {
        ++recovered_;
        down_for_ = difference(change.at, down_since_);
    }
    last_ = change;
    const bool early = sent_at_ && change.at < later(*sent_at_, min_interval);
    held_back_ = held_back_ || early;
    return early;
}

std::optional<instant> alert_pacer::due(duration min_interval) const noexcept {
    if (opened_ + recovered_ == 0) return std::nullopt;
    return sent_at_ ? later(*sent_at_, min_interval) : instant::min();
}

std::optional<alert_notice> alert_pacer::take(instant now, duration min_interval,
                                              bool at_once) noexcept {
    const std::optional<instant> from = due(min_interval);
    if (!from || (now < *from && !at_once)) return std::nullopt;
    alert_notice made;
    const bool one = opened_ + recovered_ == 1 && !held_back_;
    made.kind = !one ? alert_kind::summary : open_ ? alert_kind::opened : alert_kind::recovered;
    made.open = open_;
    made.reason = last_.reason;
    made.at = last_.wall;
    made.since = first_at_;
    made.down_for = open_ ? duration::zero() : down_for_;
    made.opened = opened_;
    made.recovered = recovered_;
    made.consecutive_failures = last_.consecutive_failures;
    made.window_total = last_.window_total;
    made.window_failures = last_.window_failures;
    opened_ = recovered_ = 0;
    held_back_ = false;
    sent_at_ = now;
    return made;
}

}  // namespace symphony::detail
