#include "symphony/policy/retry.hpp"

#include <algorithm>

namespace symphony {

namespace {

__extension__ using wide = unsigned __int128;

// The upper end of the jitter after the attempt with this number.
std::uint64_t step(const retry_timing& timing, std::uint32_t attempt) noexcept {
    const auto most =
        static_cast<std::uint64_t>(std::max<std::int64_t>(timing.max_delay.count(), 0));
    const auto base =
        static_cast<std::uint64_t>(std::max<std::int64_t>(timing.base_delay.count(), 0));
    const std::uint32_t number = std::max<std::uint32_t>(attempt, 1);
    wide length = base;
    if (timing.shape == backoff::linear) {
        length *= number;
    } else {
        length <<= std::min<std::uint32_t>(number - 1, 64);
    }
    return static_cast<std::uint64_t>(std::min<wide>(length, most));
}

// Uniform in [0, top] without a division (Lemire, 2019; the bias is below 2^-20 for any wait).
std::int64_t uniform(random_source& random, std::uint64_t top) noexcept {
    return static_cast<std::int64_t>((static_cast<wide>(random.next()) * (wide{top} + 1)) >> 64);
}

}  // namespace

std::optional<duration> next_retry(const retry_timing& timing, std::uint32_t attempt,
                                   duration server_wait, instant now, deadline until,
                                   random_source& random) noexcept {
    if (attempt >= timing.max_attempts) return std::nullopt;
    const duration least = std::max(server_wait, duration::zero());
    const duration jitter(uniform(random, step(timing, attempt)));
    const duration wait = jitter > duration::max() - least ? duration::max() : least + jitter;
    if (!until.allows(now, wait)) return std::nullopt;
    return wait;
}

void retry_budget::on_success() noexcept {
    std::int32_t before = milli_.load(std::memory_order_relaxed);
    while (before < full) {
        const std::int32_t after = std::min(before + earned, full);
        if (milli_.compare_exchange_weak(before, after, std::memory_order_relaxed)) return;
    }
}

bool retry_budget::on_failure() noexcept {
    std::int32_t before = milli_.load(std::memory_order_relaxed);
    std::int32_t after = 0;
    do {
        after = std::max(before - spent, 0);
    } while (!milli_.compare_exchange_weak(before, after, std::memory_order_relaxed));
    return after > full / 2;
}

bool retry_budget::allows() const noexcept {
    return milli_.load(std::memory_order_relaxed) > full / 2;
}

double retry_budget::tokens() const noexcept {
    return milli_.load(std::memory_order_relaxed) / 1000.0;
}

}  // namespace symphony
