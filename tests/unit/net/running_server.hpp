#pragma once

#include "symphony/core/timer_wheel.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

namespace symphony::net::server_test {

/// Time that stands still until it is moved, and timers that go by it.
class hand_time final : public clock, public timers {
public:
    instant now() const noexcept override { return instant(since_start_.load()); }
    wall_time wall_now() const noexcept override {
        return wall_time(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)) +
               since_start_.load();
    }
    void arm(timer& t, instant at) override { pending_.arm(t, at); }
    void disarm(timer& t) noexcept override { pending_.disarm(t); }
    /// From the server's thread.
    void advance(duration d) {
        since_start_.store(since_start_.load() + d);
        while (pending_.expire(now()) > 0) {
        }
    }
    [[nodiscard]] std::size_t armed() const noexcept { return pending_.size(); }

private:
    std::atomic<duration> since_start_{std::chrono::hours(1)};
    timer_wheel pending_;
};

/// A server with its thread, listening on a free port of 127.0.0.1.
class running_server {
public:
    explicit running_server(http_server::handler on_request, const server_options& options = {})
        : running_server(std::move(on_request), options, nullptr) {}
    running_server(http_server::handler on_request, const server_options& options,
                   hand_time* by_hand)
        : by_hand_(by_hand), real_timers_(loop_.get_executor(), real_clock_) {
        const clock& time = by_hand ? static_cast<const clock&>(*by_hand) : real_clock_;
        timers& wakeups = by_hand ? static_cast<timers&>(*by_hand) : real_timers_;
        server = std::make_unique<http_server>(loop_.get_executor(), time, wakeups,
                                               std::move(on_request), options);
        const result<std::uint16_t> bound = server->listen("127.0.0.1", 0);
        if (!bound) throw std::runtime_error(bound.error().message);
        port = *bound;
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~running_server() {
        on_loop([this] { server.reset(); });
        loop_.stop();
        thread_.join();
        loop_.restart();
        loop_.poll();
    }
    running_server(const running_server&) = delete;
    running_server& operator=(const running_server&) = delete;

    /// Runs `work` on the server's thread and waits for it.
    template <class Work>
    std::invoke_result_t<Work> on_loop(Work work) {
        std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
        auto done = task.get_future();
        boost::asio::post(loop_, [&task] { task(); });
        return done.get();
    }
    void advance(duration d) {
        on_loop([this, d] { by_hand_->advance(d); });
    }
    void drain() {
        on_loop([this] { server->drain(); });
    }
    void stop() {
        on_loop([this] { server->stop(); });
    }
    std::size_t connections() {
        return on_loop([this] { return server ? server->connections() : 0; });
    }
    /// Gives others a turn until there are that many; false when it takes unreasonably long.
    bool wait_for_connections(std::size_t count) {
        for (int turn = 0; turn < 100'000; ++turn) {
            if (connections() == count) return true;
            std::this_thread::yield();
        }
        return false;
    }

    std::uint16_t port = 0;
    std::unique_ptr<http_server> server;

private:
    hand_time* by_hand_;
    system_clock real_clock_;
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        loop_.get_executor()};
    asio_timers real_timers_;
    std::thread thread_;
};

}  // namespace symphony::net::server_test
