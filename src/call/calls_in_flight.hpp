#pragma once

#include "symphony/core/time.hpp"
#include "symphony/net/body.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace symphony {

/// Counts calls, those whose answer is still being read included, and waits for their end.
/// Thread-safe.
class calls_in_flight {
public:
    /// False when no new call may begin.
    [[nodiscard]] bool begin() noexcept {
        count_.fetch_add(1);
        if (!closed_.load()) return true;
        end();
        return false;
    }
    [[nodiscard]] bool closed() const noexcept { return closed_.load(); }
    void end() noexcept {
        if (count_.fetch_sub(1) != 1 || !closed_.load()) return;
        const std::lock_guard lock(mutex_);
        none_left_.notify_all();
    }
    /// Lets no new call begin.
    void refuse() noexcept { closed_.store(true); }
    /// Lets no new call begin and waits, at most so long. True when none is left.
    bool close(duration limit) {
        closed_.store(true);
        std::unique_lock lock(mutex_);
        return none_left_.wait_for(lock, limit, [this] { return count_.load() == 0; });
    }

private:
    std::atomic<std::int64_t> count_{0};
    std::atomic<bool> closed_{false};
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
