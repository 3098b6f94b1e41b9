#pragma once

#include "symphony/store/rate_store.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace shared_bench {

/// A store that remembers what it granted: between which two moments of the wall clock, which is
/// Redis's own on one machine, each grant became chargeable.
class recording_store final : public symphony::rate_store {
public:
    struct grant {
        std::int64_t from, until;  // µs since 1970: it is charged between these
        std::int64_t permits;
    };

    explicit recording_store(std::unique_ptr<symphony::rate_store> of) : of_(std::move(of)) {}

    boost::asio::awaitable<symphony::result<symphony::rate_grant>> claim(
        const symphony::shared_limit& of, const symphony::rate_claim& what) override {
        const std::int64_t asked = now();
        const symphony::duration hold = what.hold;
        auto told = co_await of_->claim(of, what);
        if (told && told->permits > 0) {
            const std::int64_t ahead = micros(told->wait) + micros(hold);
            grants_[told->ticket] = {asked + ahead, now() + ahead, told->permits};
        }
        co_return told;
    }
    boost::asio::awaitable<symphony::result<bool>> give_back(
        const symphony::shared_limit& of, const symphony::rate_refund& what) override {
        // Named by its last number, or by that of what is left of it.
        if (const auto found = grants_.lower_bound(what.ticket); found != grants_.end())
            found->second.permits -= std::min<std::int64_t>(what.permits, found->second.permits);
        return of_->give_back(of, what);
    }
    boost::asio::awaitable<symphony::result<void>> pause(const symphony::shared_limit& of,
                                                         symphony::duration length) override {
        return of_->pause(of, length);
    }
    boost::asio::awaitable<symphony::result<symphony::rate_limiter::view>> look(
        const symphony::shared_limit& of) override {
        return of_->look(of);
    }

    /// Without what was given back: nobody uses that, whether the store takes it or not.
    [[nodiscard]] std::vector<grant> used() const {
        std::vector<grant> all;
        for (const auto& [ticket, one] : grants_) {
            if (one.permits > 0) all.push_back(one);
        }
        return all;
    }

private:
    [[nodiscard]] static std::int64_t micros(symphony::duration d) {
        return std::chrono::floor<std::chrono::microseconds>(d).count();
    }
    [[nodiscard]] static std::int64_t now() {
        return std::chrono::floor<std::chrono::microseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }

    const std::unique_ptr<symphony::rate_store> of_;
    std::map<std::uint64_t, grant> grants_;
};

}  // namespace shared_bench
