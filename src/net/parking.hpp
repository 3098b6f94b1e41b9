#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <utility>

namespace symphony::net::detail {

/// Where one coroutine waits until anything happens that concerns it: it is woken without a word of
/// what it was and looks for itself. Cancellation wakes it too. For one thread.
class parking {
public:
    explicit parking(const boost::asio::any_io_executor& executor) noexcept : executor_(executor) {}
    parking(const parking&) = delete;
    parking& operator=(const parking&) = delete;

    [[nodiscard]] bool occupied() const noexcept { return static_cast<bool>(resume_); }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }
    void clear_cancelled() noexcept { cancelled_ = false; }

    /// Waits for `wake`.
    [[nodiscard]] auto wait() {
        return boost::asio::async_initiate<const boost::asio::deferred_t, void()>(
            [this](auto handler) {
                auto slot = boost::asio::get_associated_cancellation_slot(handler);
                if (slot.is_connected()) {
                    slot.assign([this](boost::asio::cancellation_type) {
                        cancelled_ = true;
                        wake_later();
                    });
                }
                resume_ = [resumed = std::move(handler)]() mutable { std::move(resumed)(); };
            },
            boost::asio::deferred);
    }

    /// Resumes the coroutine before it returns, which may end anything: nothing may be needed of
    /// the caller afterwards.
    void wake() {
        if (resume_) std::exchange(resume_, nullptr)();
    }
    /// Resumes it in a turn of its own.
    void wake_later() {
        if (resume_) boost::asio::post(executor_, std::exchange(resume_, nullptr));
    }

private:
    const boost::asio::any_io_executor& executor_;
    std::move_only_function<void()> resume_;
    bool cancelled_ = false;
};

}  // namespace symphony::net::detail
