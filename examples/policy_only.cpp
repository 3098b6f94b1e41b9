// The policies alone, around anything that can fail: no HTTP, no threads, and time is an argument.
#include <symphony/policy/circuit_breaker.hpp>
#include <symphony/policy/rate_limiter.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>

using namespace std::chrono_literals;

namespace {

/// A disk that works again after its third second.
bool write_block(symphony::instant now) {
    return now.time_since_epoch() >= 3s;
}

}  // namespace

int main() {
    symphony::rate_limit_options limits;
    limits.max_requests_per_second = 2;
    symphony::rate_limiter limiter(limits);

    symphony::circuit_breaker_options care;
    care.failure_threshold = 3;
    care.reset_timeout = 2s;
    symphony::circuit_breaker breaker(care, [](const symphony::circuit_transition& change) {
        std::cout << "circuit " << to_string(change.from) << " -> " << to_string(change.to) << "\n";
    });

    // Five seconds, four times a second. A program would take `now` from symphony::system_clock.
    int written = 0;
    int failed = 0;
    int refused = 0;
    for (symphony::instant now{}; now.time_since_epoch() < 5s; now += 250ms) {
        auto permit = breaker.try_acquire(now);
        if (!permit) {
            ++refused;  // permit.error().retry_after says how long
            continue;
        }
        if (!limiter.try_acquire(now).admitted()) {
            ++refused;  // dropping the breaker's permit gives it back, uncounted
            continue;
        }
        if (write_block(now)) {
            permit->success(now);
            ++written;
        } else {
            permit->failure(now);
            ++failed;
        }
    }
    std::cout << written << " written, " << failed << " failed, " << refused << " refused\n";
    return written > 0 && failed >= 3 && refused > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
