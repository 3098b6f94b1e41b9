#include "policy/outcome_window.hpp"

#include <algorithm>
#include <limits>

namespace symphony::detail {

namespace {

constexpr std::int64_t least_ns = std::numeric_limits<std::int64_t>::min();

std::int64_t bucket_length(duration window, std::int64_t buckets) noexcept {
    return std::max<std::int64_t>(window.count() / buckets, 1);
}

}  // namespace

outcome_window::outcome_window(duration window) noexcept
    : length_(bucket_length(window, buckets)), ends_(least_ns) {}

void outcome_window::add(instant now, bool failed) noexcept {
    advance(now);
    bucket& newest = at(epoch_);
    ++newest.total;
    ++total_;
    newest.failures += failed ? 1 : 0;
    failures_ += failed ? 1 : 0;
}

void outcome_window::advance(instant now) noexcept {
    const std::int64_t ns = now.time_since_epoch().count();
    if (ns < ends_) return;
    std::int64_t epoch = ns / length_;
    if (ns % length_ < 0) --epoch;
    if (ends_ == least_ns) epoch_ = epoch;  // the first moment ever: nothing to forget
    rotate(epoch);
    const bool last = epoch >= std::numeric_limits<std::int64_t>::max() / length_ - 1;
    ends_ = last ? std::numeric_limits<std::int64_t>::max() : (epoch + 1) * length_;
}

void outcome_window::rotate(std::int64_t epoch) noexcept {
    const std::int64_t gone = std::min(epoch - epoch_, buckets);
    for (std::int64_t i = 1; i <= gone; ++i) {
        bucket& oldest = at(epoch - gone + i);
        total_ -= oldest.total;
        failures_ -= oldest.failures;
        oldest = {};
    }
    epoch_ = epoch;
}

void outcome_window::clear() noexcept {
    ring_ = {};
    total_ = failures_ = 0;
}

void outcome_window::resize(duration window) noexcept {
    const std::int64_t length = bucket_length(window, buckets);
    if (length == length_) return;
    outcome_window fresh(window);
    // Each bucket moves to where its end falls now; what falls out of the new window is dropped.
    for (std::int64_t epoch = epoch_ - buckets + 1; epoch <= epoch_ && ends_ != least_ns; ++epoch) {
        const bucket& old = at(epoch);
        if (old.total == 0) continue;
        fresh.advance(instant(duration((epoch + 1) * length_ - 1)));
        bucket& into = fresh.at(fresh.epoch_);
        into.total += old.total;
        into.failures += old.failures;
        fresh.total_ += old.total;
        fresh.failures_ += old.failures;
    }
    *this = fresh;
}

}  // namespace symphony::detail
