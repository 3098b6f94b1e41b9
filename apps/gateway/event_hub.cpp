#include "gateway/event_hub.hpp"

#include "gateway/event_log.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace symphony::gateway {

namespace asio = boost::asio;

/// The queue between those who publish and one who reads.
class event_listener {
public:
    enum class wake : std::uint8_t { event, heartbeat, cancelled };

    event_listener(severity least, asio::any_io_executor executor)
        : least_(least), executor_(std::move(executor)) {}

    [[nodiscard]] bool wants(severity level) const noexcept { return level >= least_; }

    void put(const std::string& text) {
        std::move_only_function<void()> resume;
        {
            const std::lock_guard lock(mutex_);
            if (queue_.size() == event_hub::longest_queue) {
                queue_.pop_front();
                ++lost_;
            }
            queue_.push_back(text);
            resume = take_resume_locked(wake::event);
        }
        if (resume) asio::post(executor_, std::move(resume));
    }

    /// What there is, as one piece; empty when there is nothing.
    [[nodiscard]] std::string take() {
        constexpr std::size_t enough = std::size_t{64} << 10;
        const std::lock_guard lock(mutex_);
        std::string piece;
        if (lost_ > 0) piece = fmt::format("event: lost\ndata: {{\"count\":{}}}\n\n", lost_);
        lost_ = 0;
        while (!queue_.empty() && piece.size() < enough) {
            piece += queue_.front();
            queue_.pop_front();
        }
        return piece;
    }

    /// `resume` is called once: at once when there is something, else when `end_wait` or an event
    /// comes.
    void wait(std::move_only_function<void()> resume) {
        {
            const std::lock_guard lock(mutex_);
            if (queue_.empty()) {
                resume_ = std::move(resume);
                return;
            }
            why_ = wake::event;
        }
        asio::post(executor_, std::move(resume));
    }
    void end_wait(wake why) {
        std::move_only_function<void()> resume;
        {
            const std::lock_guard lock(mutex_);
            resume = take_resume_locked(why);
        }
        if (resume) asio::post(executor_, std::move(resume));
    }
    [[nodiscard]] wake why() const noexcept { return why_; }

private:
    [[nodiscard]] std::move_only_function<void()> take_resume_locked(wake why) {
        if (resume_) why_ = why;
        return std::exchange(resume_, nullptr);
    }

    const severity least_;
    const asio::any_io_executor executor_;
    std::mutex mutex_;
    std::deque<std::string> queue_;
    std::uint64_t lost_ = 0;
    std::move_only_function<void()> resume_;
    wake why_ = wake::event;  // read by who was resumed
};

/// What one listener reads.
class event_stream final : public body_source, private timer {
public:
    event_stream(event_hub& hub, std::shared_ptr<event_listener> queue, timers& wakeups,
                 const clock& time)
        : timer([](timer& fired) noexcept {
              static_cast<event_stream&>(fired).queue_->end_wait(event_listener::wake::heartbeat);
          }),
          hub_(hub),
          queue_(std::move(queue)),
          wakeups_(wakeups),
          time_(time) {}
    ~event_stream() override {
        if (armed()) wakeups_.disarm(*this);
        hub_.leave(*queue_);
    }
    event_stream(const event_stream&) = delete;
    event_stream& operator=(const event_stream&) = delete;

    asio::awaitable<result<std::string_view>> read() override {
        if (!std::exchange(greeted_, true)) co_return std::string_view(": events follow\n\n");
        for (;;) {
            piece_ = queue_->take();
            if (!piece_.empty()) co_return std::string_view(piece_);
            wakeups_.arm(*this, later(time_.now(), event_hub::heartbeat));
            co_await wait();
            if (queue_->why() == event_listener::wake::cancelled)
                co_return fail(error_kind::cancelled, "the listener has left");
            if (armed()) wakeups_.disarm(*this);
            if (queue_->why() == event_listener::wake::heartbeat) {
                co_return std::string_view(": still here\n\n");
            }
        }
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
        return std::nullopt;
    }

private:
    asio::awaitable<void> wait() {
        const auto initiate = [queue = queue_](auto handler) {
            auto slot = asio::get_associated_cancellation_slot(handler);
            if (slot.is_connected()) {
                slot.assign([weak = std::weak_ptr(queue)](asio::cancellation_type) {
                    if (const auto left = weak.lock()) {
                        left->end_wait(event_listener::wake::cancelled);
                    }
                });
            }
            queue->wait([resumed = std::move(handler)]() mutable { std::move(resumed)(); });
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate,
                                                                             asio::use_awaitable);
    }

    event_hub& hub_;
    const std::shared_ptr<event_listener> queue_;
    timers& wakeups_;
    const clock& time_;
    std::string piece_;
    bool greeted_ = false;
};

void event_hub::publish(const event& what) noexcept {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    try {
        const std::lock_guard lock(mutex_);
        std::string text;
        for (const auto& one : all_) {
            if (!one->wants(what.level)) continue;
            if (text.empty()) {
                text = fmt::format("id: {}\nevent: {}\ndata: {}\n\n", ++number_, what.name,
                                   event_json(what, utc_now()));
            }
            one->put(text);
        }
    } catch (...) {  // out of memory: the event is lost, the call that told it is not
        lost_.fetch_add(1, std::memory_order_relaxed);
    }
}

std::unique_ptr<body_source> event_hub::listen(severity least, asio::any_io_executor executor,
                                               timers& wakeups, const clock& time) {
    auto queue = std::make_shared<event_listener>(least, std::move(executor));
    const std::lock_guard lock(mutex_);
    if (all_.size() >= most_listeners) return nullptr;
    all_.push_back(queue);
    count_.store(all_.size());
    return std::make_unique<event_stream>(*this, std::move(queue), wakeups, time);
}

void event_hub::leave(const event_listener& who) noexcept {
    const std::lock_guard lock(mutex_);
    std::erase_if(all_, [&](const auto& one) { return one.get() == &who; });
    count_.store(all_.size());
}

}  // namespace symphony::gateway
