#include "symphony/policy/latency_estimate.hpp"

#include "symphony/core/spin_lock.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <mutex>
#include <stdexcept>

namespace symphony {

namespace {

constexpr unsigned unit_bits = 10;  // 1024 ns
constexpr unsigned sub_bits = 4;
constexpr std::uint64_t subs = std::uint64_t{1} << sub_bits;
constexpr std::size_t buckets = 560;  // up to a day and more
constexpr std::uint32_t weight = 16;  // of one latency, so that a lonely one outlives a halving
constexpr std::uint32_t most_kept = 1000 * weight;
constexpr std::uint32_t look_every = 20;
constexpr std::int64_t unknown = -1;

// The first 16 are one unit wide each; then 16 to every doubling.
std::size_t bucket_of(duration latency) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
    const std::uint64_t units = ns >> unit_bits;
    if (units < subs) return units;
    const auto shift = static_cast<unsigned>(std::bit_width(units)) - sub_bits - 1;
    const std::size_t index = subs * shift + (units >> shift);
    return std::min(index, buckets - 1);
}

std::int64_t upper_end(std::size_t bucket) noexcept {
    if (bucket < subs) return static_cast<std::int64_t>((bucket + 1) << unit_bits);
    const std::size_t shift = bucket / subs - 1;
    return static_cast<std::int64_t>((bucket % subs + subs + 1) << shift << unit_bits);
}

}  // namespace

class latency_estimate::impl {
public:
    explicit impl(double quantile) : quantile_(quantile) {}

    void record(duration latency) noexcept {
        const std::lock_guard lock(lock_);
        counts_.at(bucket_of(latency)) += weight;
        total_ += weight;
        if (total_ >= most_kept) halve_locked();
        if (++since_look_ >= look_every) look_locked();
    }

    void set_quantile(double quantile) noexcept {
        const std::lock_guard lock(lock_);
        quantile_ = quantile;
        look_locked();
    }

    [[nodiscard]] std::int64_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    void halve_locked() noexcept {
        total_ = 0;
        for (std::uint16_t& count : counts_) {
            count /= 2;
            total_ += count;
        }
    }

    // Once there were enough, halving leaves enough.
    void look_locked() noexcept {
        since_look_ = 0;
        if (total_ < least_samples * weight && value() == unknown) return;
        const double rank = std::ceil(quantile_ * total_);
        std::uint32_t below = 0;
        for (std::size_t i = 0; i < buckets; ++i) {
            below += counts_.at(i);
            if (below >= rank && below > 0) {
                value_.store(upper_end(i), std::memory_order_relaxed);
                return;
            }
        }
    }

    detail::spin_lock lock_;
    std::uint32_t total_ = 0;
    std::uint32_t since_look_ = 0;
    double quantile_;
    std::atomic<std::int64_t> value_{unknown};
    std::array<std::uint16_t, buckets> counts_{};
};

namespace {

void check(double quantile) {
    if (!(quantile > 0 && quantile < 1)) {
        throw std::invalid_argument("latency estimate: the quantile must be between 0 and 1");
    }
}

}  // namespace

latency_estimate::latency_estimate(double quantile)
    : impl_((check(quantile), std::make_unique<impl>(quantile))) {}
latency_estimate::~latency_estimate() = default;

void latency_estimate::record(duration latency) noexcept {
    impl_->record(latency);
}

std::optional<duration> latency_estimate::value() const noexcept {
    const std::int64_t ns = impl_->value();
    if (ns == unknown) return std::nullopt;
    return duration(ns);
}

void latency_estimate::set_quantile(double quantile) {
    check(quantile);
    impl_->set_quantile(quantile);
}

std::size_t latency_estimate::memory() const noexcept {
    return sizeof(*this) + sizeof(impl);
}

}  // namespace symphony
