#include "symphony/testing/manual_timers.hpp"

#include <stdexcept>
#include <utility>

namespace symphony::testing {

manual_timers::manual_timers(manual_clock& time, std::function<void()> settle)
    : time_(time), settle_(std::move(settle)) {}

std::size_t manual_timers::advance(duration d) {
    const instant end = later(time_.now(), d);
    std::size_t fired = run_due();
    for (auto at = next(); at && *at <= end; at = next()) {
        time_.advance(difference(*at, time_.now()));
        fired += run_due();
    }
    time_.advance(difference(end, time_.now()));
    return fired + run_due();
}

std::size_t manual_timers::run_due() {
    constexpr int most_rounds = 100'000;
    std::size_t fired = 0;
    for (int round = 0; round < most_rounds; ++round) {
        if (settle_) settle_();
        const std::size_t now_fired = pending_.expire(time_.now());
        if (now_fired == 0) return fired;
        fired += now_fired;
    }
    throw std::logic_error("manual_timers: a timer re-arms itself in the past without end");
}

}  // namespace symphony::testing
