#include "symphony/telemetry/histogram.hpp"

#include <algorithm>

namespace symphony {

namespace {

constexpr auto bounds_ns = [] {
    std::array<std::int64_t, histogram::bounds.size()> ns{};
    for (std::size_t i = 0; i < ns.size(); ++i) {
        const double exact = histogram::bounds[i] * 1e6;  // microseconds; may fall just short
        auto whole = static_cast<std::int64_t>(exact);
        if (exact - static_cast<double>(whole) >= 0.5) ++whole;
        ns[i] = whole * 1000;
    }
    return ns;
}();

}  // namespace

void histogram::observe(duration value) noexcept {
    const std::int64_t ns = std::max<std::int64_t>(value.count(), 0);
    std::size_t bucket = 0;
    while (bucket < bounds_ns.size() && ns > bounds_ns[bucket])
        ++bucket;
    sum_ns_.add(static_cast<std::uint64_t>(ns));
    counts_[bucket].add();
}

histogram::view histogram::look() const noexcept {
    view seen;
    // The total is made of the buckets, so that a look during a change never contradicts itself.
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen.counts[i] = counts_[i].load();
        seen.total += seen.counts[i];
    }
    seen.sum_seconds = static_cast<double>(sum_ns_.load()) / 1e9;
    return seen;
}

histogram::view& histogram::view::operator+=(const view& other) noexcept {
    for (std::size_t i = 0; i < counts.size(); ++i)
        counts[i] += other.counts[i];
    total += other.total;
    sum_seconds += other.sum_seconds;
    return *this;
}

}  // namespace symphony
