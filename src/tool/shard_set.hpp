#pragma once

#include "call/shard.hpp"
#include "symphony/core/random.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace symphony::detail {

/// The shards of one client: threads of its own, or one on the user's executor.
class shard_set {
public:
    shard_set(std::size_t threads, std::optional<boost::asio::any_io_executor> users,
              const clock& time);
    ~shard_set();
    shard_set(const shard_set&) = delete;
    shard_set& operator=(const shard_set&) = delete;

    /// The shard that runs on `executor`, if it is one of ours.
    [[nodiscard]] const shard* find(const boost::asio::any_io_executor& executor) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
    /// Else all of it runs on the user's executor.
    [[nodiscard]] bool has_threads() const noexcept { return !contexts_.empty(); }
    /// In turn, for callers that come from elsewhere.
    [[nodiscard]] const shard& next() noexcept;
    /// Where what is shared under `key` lives: always the same, spread over all.
    [[nodiscard]] const shard& home_of(std::string_view key) const noexcept;
    [[nodiscard]] const clock& time() const noexcept { return members_.front()->view.time; }
    [[nodiscard]] std::vector<boost::asio::any_io_executor> executors() const;
    /// `net::http_client::warm_up` of one shard, on its executor.
    [[nodiscard]] boost::asio::awaitable<result<void>> warm_up(
        std::size_t index, std::shared_ptr<const net::destination> where, std::size_t count);
    /// Ends what is being sent and read, on each shard's own thread.
    void abort();
    /// On a user's executor: ends what is being sent and read and every timer, at once and for
    /// good. Threads of its own have their end with `stop`.
    void forsake() noexcept;
    /// Stops and joins the threads.
    void stop() noexcept;

private:
    using plain_executor = boost::asio::io_context::executor_type;
    struct member {
        member(boost::asio::any_io_executor executor, const clock& time, std::size_t index)
            : wakeups(executor, time),
              client(executor, time, wakeups),
              view{executor, time, wakeups, client, random, index} {
            if (const auto* const known = executor.target<plain_executor>()) plain = *known;
        }

        net::asio_timers wakeups;
        net::http_client client;
        fast_random random;
        shard view;
        // The same as in `view`, of a type that is compared fast.
        std::optional<plain_executor> plain;
    };
    using work = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

    // Order matters: the contexts go last, what runs on them first.
    std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
    std::vector<std::unique_ptr<member>> members_;
    std::vector<work> busy_;
    std::vector<std::thread> threads_;
    std::atomic<std::size_t> turn_{0};
};

}  // namespace symphony::detail
