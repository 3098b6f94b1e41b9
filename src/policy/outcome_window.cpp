#include "policy/outcome_window.hpp"

#include <algorithm>
#include <limits>

namespace symphony::detail {

namespace {

constexpr std::int64_t least_ns = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most_ns = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t most_outcomes = (1U << 20) - 1;  // of one bucket that is put away

std::int64_t bucket_length(duration window, std::int64_t buckets) noexcept {
    return std::max<std::int64_t>(window.count() / buckets, 1);
}

}  // namespace

outcome_window::outcome_window(duration window) noexcept
    : ends_(least_ns), length_(bucket_length(window, buckets)) {}

void outcome_window::rotate_to(std::int64_t ns) noexcept {
    if (ends_ == most_ns) return;
    std::int64_t epoch = ns / length_;
    if (ns % length_ < 0) --epoch;
    if (ends_ != least_ns) {  // else this is the first moment ever: nothing to forget
        const std::int64_t old = newest_epoch();
        put_away(newest_, old);
        newest_ = {};
        // Unsigned: between the ends of time lie more than a signed number holds.
        const std::uint64_t passed =
            static_cast<std::uint64_t>(epoch) - static_cast<std::uint64_t>(old);
        const auto gone = static_cast<std::int64_t>(std::min<std::uint64_t>(passed, buckets));
        for (std::int64_t i = 0; i < gone; ++i) {
            const bucket oldest = take_out(epoch - i);
            total_ -= oldest.total;
            failures_ -= oldest.failures;
        }
    }
    ends_ = epoch >= most_ns / length_ - 1 ? most_ns : (epoch + 1) * length_;
}

outcome_window::bucket outcome_window::take_out(std::int64_t epoch) noexcept {
    packed& from = at(epoch);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < from.size(); ++i)
        bits |= std::uint64_t{from[i]} << (8 * i);
    from = {};
    return {static_cast<std::uint32_t>(bits & most_outcomes),
            static_cast<std::uint32_t>(bits >> 20)};
}

void outcome_window::put_away(bucket counted, std::int64_t epoch) noexcept {
    if (counted.total > most_outcomes) {
        const auto share = std::uint64_t{counted.failures} * most_outcomes / counted.total;
        const bucket kept{most_outcomes, static_cast<std::uint32_t>(share)};
        total_ -= counted.total - kept.total;
        failures_ -= counted.failures - kept.failures;
        counted = kept;
    }
    const std::uint64_t bits = std::uint64_t{counted.failures} << 20 | counted.total;
    packed& to = at(epoch);
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] = static_cast<std::uint8_t>(bits >> (8 * i));
}

void outcome_window::clear() noexcept {
    ring_ = {};
    newest_ = {};
    total_ = failures_ = 0;
}

void outcome_window::resize(duration window) noexcept {
    const std::int64_t length = bucket_length(window, buckets);
    if (length == length_) return;
    outcome_window fresh(window);
    if (ends_ != least_ns) {
        // Each bucket moves to where its end falls now; what falls out of the new window is lost.
        const std::int64_t newest = newest_epoch();
        put_away(newest_, newest);
        for (std::int64_t epoch = newest - buckets + 1; epoch <= newest; ++epoch) {
            const bucket old = take_out(epoch);
            if (old.total == 0) continue;
            fresh.advance(instant(duration((epoch + 1) * length_ - 1)));
            fresh.newest_.total += old.total;
            fresh.newest_.failures += old.failures;
            fresh.total_ += old.total;
            fresh.failures_ += old.failures;
        }
    }
    *this = fresh;
}

}  // namespace symphony::detail
