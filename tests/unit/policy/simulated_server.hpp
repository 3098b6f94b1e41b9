#pragma once

#include "symphony/core/time.hpp"
#include "symphony/policy/bulkhead.hpp"
#include "symphony/policy/gradient_limit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <queue>
#include <random>
#include <vector>

namespace symphony::policy_testing {

/// A server with so many workers and a queue before them, called through a bulkhead whose limit a
/// `gradient_limit` sets, by callers who always have one more call to make (or so many at a time).
/// All of it in virtual time: the next event moves the clock.
class simulated_server {
public:
    struct load {
        std::uint32_t capacity = 0;
        duration service{};
        double spread = 0;  ///< of the service time, log-normal; 0: always the same
        std::uint32_t demand = std::numeric_limits<std::uint32_t>::max();  ///< calls at a time
    };
    struct measured {
        double per_second = 0;
        duration mean_latency{};
        std::uint32_t least_limit = std::numeric_limits<std::uint32_t>::max();
        std::uint32_t most_limit = 0;
        double mean_limit = 0;
    };

    explicit simulated_server(gradient_limit::bounds within)
        : limit_(within), slots_(within.initial) {}

    /// Runs for so long and says what happened meanwhile. Calls under way go on in the next run.
    measured run(const load& now, duration length) {
        load_ = now;
        const instant end = time_ + length;
        measured seen;
        double latency = 0;
        std::uint64_t answers = 0;
        double limits = 0;
        start_all();
        while (!running_.empty() && running_.top().ends <= end) {
            const job done = running_.top();
            running_.pop();
            time_ = done.ends;
            latency += static_cast<double>((time_ - done.begun).count());
            ++answers;
            finish(done);
            start_all();
            const std::uint32_t limit = slots_.limit();
            seen.least_limit = std::min(seen.least_limit, limit);
            seen.most_limit = std::max(seen.most_limit, limit);
            limits += limit;
        }
        time_ = end;
        const double count = std::max<double>(1, static_cast<double>(answers));
        seen.mean_limit = limits / count;
        seen.mean_latency = duration(static_cast<std::int64_t>(latency / count));
        seen.per_second =
            static_cast<double>(answers) / std::chrono::duration<double>(length).count();
        return seen;
    }

    [[nodiscard]] const gradient_limit& limit() const noexcept { return limit_; }
    [[nodiscard]] instant now() const noexcept { return time_; }
    /// Decides which calls the server turns away.
    std::function<bool()> overloaded = [] { return false; };

private:
    struct job {
        instant begun{};
        instant ends{};
        [[nodiscard]] bool operator>(const job& other) const noexcept { return ends > other.ends; }
    };

    [[nodiscard]] duration service_time() {
        if (load_.spread == 0) return load_.service;
        // A mean of 1, whatever the spread.
        std::lognormal_distribution<double> factor(-load_.spread * load_.spread / 2, load_.spread);
        return duration(static_cast<std::int64_t>(static_cast<double>(load_.service.count()) *
                                                  factor(random_)));
    }

    void start_all() {
        while (permits_.size() < load_.demand) {
            bulkhead_permit permit = slots_.try_acquire();
            if (!permit.held()) break;
            waiting_.push_back({time_, {}});
            permits_.push_back(std::move(permit));
        }
        while (!waiting_.empty() && running_.size() < load_.capacity) {
            job next = waiting_.front();
            waiting_.pop_front();
            next.ends = time_ + service_time();
            running_.push(next);
        }
    }

    void finish(const job& done) {
        const std::uint32_t in_flight = slots_.in_flight();
        const auto changed = overloaded() ? limit_.on_overload(done.begun, time_, in_flight)
                                          : limit_.on_answer(done.begun, time_, in_flight);
        permits_.pop_back();
        if (changed) slots_.resize(*changed);
    }

    gradient_limit limit_;
    bulkhead slots_;
    load load_;
    instant time_{std::chrono::hours(1)};
    std::mt19937_64 random_{7};
    std::deque<job> waiting_;
    std::priority_queue<job, std::vector<job>, std::greater<>> running_;
    std::vector<bulkhead_permit> permits_;
};

}  // namespace symphony::policy_testing
