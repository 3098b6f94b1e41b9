#pragma once

#include "symphony/core/time.hpp"
#include "symphony/net/body.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace symphony {

/// Counts calls, those whose answer is still being read included, and waits for their end.
/// Thread-safe; may go as soon as `close` has seen none left.
class calls_in_flight {
public:
    /// False when no new call may begin.
    [[nodiscard]] bool begin() noexcept {
        if ((state_.fetch_add(one_call) & closing) == 0) return true;
        end();
        return false;
    }
    [[nodiscard]] bool closed() const noexcept { return (state_.load() & closing) != 0; }
    void end() noexcept {
        // The count is the last thing touched: whoever sees it at 0 may take this away.
        if (!closed()) {
            state_.fetch_sub(one_call);
            return;
        }
        const std::lock_guard lock(mutex_);
        state_.fetch_sub(one_call);
        none_left_.notify_all();
    }
    /// Lets no new call begin and waits, at most so long. True when none is left.
    bool close(duration limit) {
        state_.fetch_or(closing);
        const auto none = [this] { return state_.load() < one_call; };
        std::unique_lock lock(mutex_);
        // A call that ended just as this began has told nobody: it is looked at again.
        duration look_again = std::chrono::milliseconds(1);
        for (duration waited{}; waited < limit; waited += look_again) {
            look_again = std::min({2 * look_again, longest_look, limit - waited});
            if (none_left_.wait_for(lock, look_again, none)) return true;
        }
        return none();
    }

private:
    static constexpr std::uint64_t closing = 1;
    static constexpr std::uint64_t one_call = 2;
    static constexpr duration longest_look = std::chrono::milliseconds(100);

    std::atomic<std::uint64_t> state_{0};
    std::mutex mutex_;
    std::condition_variable none_left_;
};

/// A streamed answer: its call goes on until it is gone.
class counted_body final : public body_source {
public:
    counted_body(std::unique_ptr<body_source> origin, std::shared_ptr<calls_in_flight> calls)
        : origin_(std::move(origin)), calls_(std::move(calls)) {}
    ~counted_body() override {
        origin_.reset();
        calls_->end();
    }
    counted_body(const counted_body&) = delete;
    counted_body& operator=(const counted_body&) = delete;

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override {
        return origin_->read();
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
        return origin_->size();
    }

private:
    std::unique_ptr<body_source> origin_;
    const std::shared_ptr<calls_in_flight> calls_;
};

}  // namespace symphony
