#include "symphony/policy/gradient_limit.hpp"

#include "symphony/core/spin_lock.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace symphony {

using namespace std::chrono_literals;

namespace {

constexpr double tolerance = 1.25;
constexpr double smoothing = 0.5;
constexpr double overload_factor = 0.9;
constexpr double baseline_weight = 0.2;
constexpr double quicker = 0.9;  // a probe that makes calls so much quicker goes on
constexpr double ramp = 1.5;
constexpr duration shortest_window = 100ms;
constexpr duration soonest_probe = 10s;
constexpr std::int64_t probe_every = 100;  // baselines

void check(const gradient_limit::bounds& within) {
    if (within.min < 1 || within.min > within.initial || within.initial > within.max) {
        throw std::invalid_argument("gradient limit: 1 <= min <= initial <= max");
    }
}

}  // namespace

class gradient_limit::impl {
public:
    explicit impl(bounds within) : bounds_(within), limit_(within.initial) {}

    std::optional<std::uint32_t> add(instant begun, instant now, std::uint32_t in_flight,
                                     bool overload) noexcept;
    void set_bounds(bounds within) noexcept;
    [[nodiscard]] view look() const noexcept;

private:
    struct window {
        instant begun = instant::min();
        double total = 0;  // ns
        std::uint32_t answers = 0;
        std::uint32_t overloads = 0;
        std::uint32_t most = 0;  // in flight

        [[nodiscard]] double mean() const noexcept { return total / answers; }
    };

    [[nodiscard]] double in_force() const noexcept { return probe_ > 0 ? probe_ : limit_; }
    [[nodiscard]] std::uint32_t shown() const noexcept {
        return static_cast<std::uint32_t>(in_force());
    }
    [[nodiscard]] double within(double limit) const noexcept {
        return std::clamp<double>(limit, bounds_.min, bounds_.max);
    }
    void close_locked(instant now) noexcept;
    void probe_locked(double latency, instant now) noexcept;
    void learn_locked(double latency, bool idle, instant now) noexcept;
    void set_baseline(double latency, instant now) noexcept;
    [[nodiscard]] bool wants_probe(instant now) const noexcept;

    mutable detail::spin_lock lock_;
    bounds bounds_;
    double limit_;
    double baseline_ = 0;  // ns
    instant confirmed_ = instant::min();
    double probe_ = 0;      // the limit of a probe, 0 while there is none
    double before_ = 0;     // what calls took before its last halving
    double highest_ = 0;    // limit since the last probe
    bool ramping_ = true;   // no queue was met yet: grows by half a window
    bool started_ = false;  // the first window is only how the server's queue fills
    bool moved_ = false;    // away from `initial`
    window window_;
};

std::optional<std::uint32_t> gradient_limit::impl::add(instant begun, instant now,
                                                       std::uint32_t in_flight,
                                                       bool overload) noexcept {
    const std::lock_guard lock(lock_);
    if (window_.begun == instant::min()) window_.begun = begun;
    if (begun < window_.begun) return std::nullopt;
    if (overload) {
        ++window_.overloads;
    } else {
        ++window_.answers;
        window_.total += static_cast<double>(std::max<std::int64_t>((now - begun).count(), 1));
    }
    window_.most = std::max(window_.most, in_flight);
    const auto wanted = static_cast<std::uint32_t>(std::clamp(in_force(), 10.0, 250.0));
    if (window_.answers + window_.overloads < wanted) return std::nullopt;
    if (difference(now, window_.begun) < shortest_window) return std::nullopt;
    const std::uint32_t before = shown();
    close_locked(now);
    window_ = {};
    window_.begun = now;
    return shown() == before ? std::nullopt : std::optional(shown());
}

void gradient_limit::impl::close_locked(instant now) noexcept {
    const bool idle = window_.most * 2.0 < in_force();
    if (window_.overloads > 0) {
        probe_ = 0;
        limit_ = within(limit_ * overload_factor);
        ramping_ = false;
        moved_ = started_ = true;
        return;
    }
    if (!std::exchange(started_, true)) return;
    const double latency = window_.mean();
    if (probe_ > 0 && !idle) {
        probe_locked(latency, now);
        return;
    }
    probe_ = 0;
    learn_locked(latency, idle, now);
    if (idle) return;
    if (wants_probe(now)) {
        before_ = latency;
        probe_ = within(std::floor(limit_ / 2));
        if (probe_ < std::floor(limit_)) return;
        set_baseline(latency, now);  // as low as it may go
    }
    const double gradient = std::clamp(tolerance * baseline_ / latency, 0.5, 1.0);
    if (gradient < 1) ramping_ = false;
    const double next = gradient * limit_ + std::sqrt(limit_);
    limit_ = within(ramping_ ? limit_ * ramp : limit_ + smoothing * (next - limit_));
    highest_ = std::max(highest_, limit_);
    moved_ = true;
}

// Halved until calls get no quicker: there was no queue any more.
void gradient_limit::impl::probe_locked(double latency, instant now) noexcept {
    const double lower = within(std::floor(probe_ / 2));
    if (latency < quicker * before_ && lower < probe_) {
        before_ = latency;
        limit_ = std::min(limit_, 2 * probe_);
        probe_ = lower;
        return;
    }
    set_baseline(std::min(latency, before_), now);
}

void gradient_limit::impl::set_baseline(double latency, instant now) noexcept {
    // What was taken for a queue was the API itself, which had become slower.
    if (latency > tolerance * baseline_) ramping_ = true;
    baseline_ = latency;
    confirmed_ = now;
    highest_ = limit_;
    probe_ = 0;
}

void gradient_limit::impl::learn_locked(double latency, bool idle, instant now) noexcept {
    if (baseline_ == 0) {
        if (idle) {
            baseline_ = latency;
            confirmed_ = now;
        }
        return;
    }
    if (idle || latency < baseline_) baseline_ += baseline_weight * (latency - baseline_);
    if (idle) confirmed_ = now;
}

bool gradient_limit::impl::wants_probe(instant now) const noexcept {
    // Halved already and no better off: perhaps there is no queue.
    if (baseline_ == 0 || limit_ < highest_ / 2) return true;
    const duration due(static_cast<std::int64_t>(std::min(baseline_ * probe_every, 1e15)));
    return difference(now, confirmed_) > std::max(soonest_probe, due);
}

void gradient_limit::impl::set_bounds(bounds within_new) noexcept {
    const std::lock_guard lock(lock_);
    bounds_ = within_new;
    limit_ = moved_ ? within(limit_) : within_new.initial;
    probe_ = 0;
    window_ = {};
}

gradient_limit::view gradient_limit::impl::look() const noexcept {
    const std::lock_guard lock(lock_);
    return {shown(), duration(static_cast<std::int64_t>(baseline_)), probe_ > 0};
}

gradient_limit::gradient_limit(bounds within)
    : impl_((check(within), std::make_unique<impl>(within))) {}
gradient_limit::~gradient_limit() = default;

std::optional<std::uint32_t> gradient_limit::on_answer(instant begun, instant now,
                                                       std::uint32_t in_flight) noexcept {
    return impl_->add(begun, now, in_flight, false);
}

std::optional<std::uint32_t> gradient_limit::on_overload(instant begun, instant now,
                                                         std::uint32_t in_flight) noexcept {
    return impl_->add(begun, now, in_flight, true);
}

void gradient_limit::set_bounds(bounds within) {
    check(within);
    impl_->set_bounds(within);
}

gradient_limit::view gradient_limit::look() const noexcept {
    return impl_->look();
}

std::size_t gradient_limit::memory() const noexcept {
    return sizeof(*this) + sizeof(impl);
}

}  // namespace symphony
