#include "tool/shard_set.hpp"

#include "symphony/net/usable_cores.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <functional>
#include <new>
#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

shard_set::shard_set(std::size_t threads, std::optional<asio::any_io_executor> users,
                     const clock& time) {
    if (users) {
        members_.push_back(std::make_unique<member>(*users, time, 0));
        return;
    }
    if (threads == 0) threads = net::usable_cores();
    for (std::size_t i = 0; i < threads; ++i) {
        const auto& context = contexts_.emplace_back(std::make_unique<asio::io_context>(1));
        members_.push_back(std::make_unique<member>(context->get_executor(), time, i));
        busy_.emplace_back(context->get_executor());
    }
    for (const auto& context : contexts_)
        threads_.emplace_back([&loop = *context] { loop.run(); });
}

shard_set::~shard_set() {
    stop();
}

const shard* shard_set::find(const asio::any_io_executor& executor) const noexcept {
    const auto* const plain = executor.target<plain_executor>();
    for (const auto& one : members_) {
        const bool same = plain != nullptr ? one->plain == *plain : one->view.executor == executor;
        if (same) return &one->view;
    }
    return nullptr;
}

const shard& shard_set::next() noexcept {
    const std::size_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
    return members_[turn % members_.size()]->view;
}

const shard& shard_set::home_of(std::string_view key) const noexcept {
    return members_[std::hash<std::string_view>{}(key) % members_.size()]->view;
}

std::vector<asio::any_io_executor> shard_set::executors() const {
    std::vector<asio::any_io_executor> all;
    for (const auto& one : members_)
        all.push_back(one->view.executor);
    return all;
}

asio::awaitable<result<void>> shard_set::warm_up(std::size_t index,
                                                 std::shared_ptr<const net::destination> where,
                                                 std::size_t count) {
    co_return co_await members_[index]->client.warm_up(std::move(where), count);
}

void shard_set::abort() {
    for (const auto& one : members_)
        asio::post(one->view.executor, [&client = one->client] { client.abort(); });
}

void shard_set::forsake() noexcept {
    if (!contexts_.empty()) return;
    for (const auto& one : members_) {
        one->client.abort();
        one->wakeups.stop();
    }
}

// Each stops in its turn, after what was given to it before: a body that was let go ends while what
// it tells of that is still there.
void shard_set::stop() noexcept {
    for (const auto& context : contexts_) {
        try {
            asio::post(*context, [&loop = *context] { loop.stop(); });
        } catch (const std::bad_alloc&) {
            context->stop();
        }
    }
    busy_.clear();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
    threads_.clear();
}

}  // namespace symphony::detail
