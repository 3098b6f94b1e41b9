#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/store/rate_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace symphony::call_testing {

/// A sliding window of one level as a store keeps it: every permit with the moment it is charged
/// at, in the order of arrival. Brute force, and right.
class window_model {
public:
    window_model(std::uint64_t max, duration window) : max_(max), window_(window) {}

    [[nodiscard]] rate_grant claim(instant now, const rate_claim& what) {
        rate_grant made;
        made.instances = instances;
        made.paused = std::max(paused_until_, now) - now;
        const std::uint64_t cost = std::max<std::uint64_t>(what.cost, 1);
        if (cost > max_) {
            made.what = rate_grant::verdict::never;
            return made;
        }
        const instant at = earliest(now, cost);
        made.wait = at - now;
        if (made.wait > what.max_wait || (what.cost == 0 && at > now)) {
            made.what = rate_grant::verdict::refused;
            return made;
        }
        made.what = at > now ? rate_grant::verdict::reserved : rate_grant::verdict::admitted;
        if (what.cost == 0) return made;
        made.permits = what.cost;
        while (made.permits < what.want && earliest(now, made.permits + 1) <= at)
            ++made.permits;
        made.ticket = tickets_ += made.permits;
        // In order, as a log has to be: one that would be earlier is charged with the newest.
        instant charged = at + what.hold;
        if (!charged_.empty()) charged = std::max(charged, charged_.back().at);
        for (std::uint32_t i = 0; i < made.permits; ++i)
            charged_.push_back({charged, at, made.ticket - made.permits + i + 1});
        return made;
    }

    /// More than a store would take: also what something later stands on.
    void give_back(std::uint64_t ticket, std::uint32_t permits) {
        std::erase_if(charged_, [&](const charge& one) {
            return one.number <= ticket && one.number + permits > ticket;
        });
    }

    void pause(instant until) { paused_until_ = std::max(paused_until_, until); }

    [[nodiscard]] std::uint64_t used(instant now) const {
        return static_cast<std::uint64_t>(std::ranges::count_if(
            charged_, [&](const charge& one) { return one.at > now - window_; }));
    }
    /// Of the newest permit.
    [[nodiscard]] instant charged_at() const { return charged_.back().at; }
    [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
    [[nodiscard]] duration window() const noexcept { return window_; }

    std::uint32_t instances = 1;

private:
    struct charge {
        instant at;
        instant from;
        std::uint64_t number;
    };
    [[nodiscard]] instant earliest(instant now, std::uint64_t cost) const {
        instant at = std::max(now, paused_until_);
        if (!charged_.empty()) at = std::max(at, charged_.back().from);
        const std::size_t free = max_ - cost;
        if (charged_.size() > free) {
            at = std::max(at, charged_[charged_.size() - free - 1].at + window_);
        }
        return at;
    }

    std::uint64_t max_;
    duration window_;
    instant paused_until_ = instant::min();
    std::uint64_t tickets_ = 100;
    std::deque<charge> charged_;
};

/// A store that answers by its model or by a script, records what it is asked, fails on command and
/// holds its answers back while `held`. Safe from several threads, as a store of all processes is.
class fake_store final : public rate_store {
public:
    fake_store(const boost::asio::any_io_executor& executor, const clock& time,
               std::uint64_t max = 1, duration window = std::chrono::minutes(1))
        : model(max, window), time_(time), executor_(executor) {}

    boost::asio::awaitable<result<rate_grant>> claim(const shared_limit& of,
                                                     const rate_claim& what) override {
        record([&] { key = of.key, claims.push_back(what); });
        std::optional<result<rate_grant>> made;
        if (!answers_late) made = decide(what);
        if (held) co_await released();
        if (!made) made = decide(what);
        co_return std::move(*made);
    }
    boost::asio::awaitable<result<bool>> give_back(const shared_limit&,
                                                   const rate_refund& what) override {
        const std::lock_guard lock(mutex_);
        if (down) co_return gone();
        refunds.emplace_back(what.ticket, what.permits);
        model.give_back(what.ticket, what.permits);
        co_return true;
    }
    boost::asio::awaitable<result<void>> pause(const shared_limit&, duration length) override {
        if (held) co_await released();
        const std::lock_guard lock(mutex_);
        if (down) co_return gone();
        pauses.push_back(length);
        model.pause(time_.now() + length);
        co_return result<void>();
    }
    boost::asio::awaitable<result<rate_limiter::view>> look(const shared_limit& of) override {
        const std::lock_guard lock(mutex_);
        ++looks;
        if (down) co_return gone();
        rate_limiter::view seen;
        seen.strategy = of.strategy;
        const std::uint64_t used = std::min(model.used(time_.now()), model.max());
        seen.levels.push_back({model.max(), model.window(), model.max() - used,
                               used > 0 ? model.window() : duration::zero()});
        co_return seen;
    }

    void release() {
        held = false;
        if (gate_) gate_->cancel();
    }
    /// Claims that wanted permits, without those that only look.
    [[nodiscard]] std::size_t real_claims() {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(
            std::ranges::count_if(claims, [](const rate_claim& one) { return one.cost > 0; }));
    }

    window_model model;
    std::function<result<rate_grant>(const rate_claim&)> on_claim;
    std::string key;
    std::vector<rate_claim> claims;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> refunds;
    std::vector<duration> pauses;
    int looks = 0;
    bool down = false;
    bool held = false;
    bool answers_late = false;  // decides when released, not when asked

private:
    static std::unexpected<error> gone() {
        return fail(error_kind::store_unavailable, "no answer within 50ms");
    }
    template <class Change>
    void record(Change change) {
        const std::lock_guard lock(mutex_);
        change();
    }
    result<rate_grant> decide(const rate_claim& what) {
        const std::lock_guard lock(mutex_);
        if (down) return gone();
        return on_claim ? on_claim(what) : result<rate_grant>(model.claim(time_.now(), what));
    }
    boost::asio::awaitable<void> released() {
        // Made when it is needed: a store that never waits may outlive its executor.
        if (!gate_) {
            gate_.emplace(executor_);
            gate_->expires_at(boost::asio::steady_timer::time_point::max());
        }
        boost::system::error_code fault;
        co_await gate_->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, fault));
    }

    const clock& time_;
    std::mutex mutex_;
    const boost::asio::any_io_executor executor_;
    std::optional<boost::asio::steady_timer> gate_;
};

}  // namespace symphony::call_testing
