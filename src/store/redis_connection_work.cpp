// The coroutine that keeps a connection up: opens it, reads it, opens it anew.
#include "store/redis_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr duration least_delay = 10ms;
constexpr duration most_delay = 250ms;  // a server that is back is noticed within a second

}  // namespace

asio::awaitable<void> redis_connection::work(std::shared_ptr<redis_connection> /*self*/) {
    while (!core_->stopped && state_ != state::retired) {
        const instant began = core_->time.now();
        state_ = state::connecting;
        result<void> opened = co_await open();
        if (core_->stopped || state_ == state::retired) break;
        if (opened) {
            become_ready();
            error lost = co_await take_replies();
            if (core_->stopped) break;
            if (state_ == state::ready) lose(std::move(lost), false);
        } else {
            become_down(std::move(opened.error()));
        }
        if (!is_wanted()) break;
        redis_waiter pause(*core_);
        (void)co_await pause.wait(next_attempt(began));
    }
    working_ = false;
    if (state_ == state::retired) co_return;
    state_ = state::idle;
    down_ = false;
    failures_ = 0;
}

asio::awaitable<result<void>> redis_connection::open() {
    result<redis_endpoint> where = co_await locator_->locate();
    if (!where) co_return std::unexpected(std::move(where.error()));
    if (core_->stopped || state_ == state::retired) co_return result<void>();
    host_ = where->address.host;
    name_ = where->name();
    const auto socket = std::make_shared<redis_socket>(core_, std::move(*where), tls_);
    socket_ = socket;
    const redis_time_limit limit(*core_, *socket, limits_.connect);
    result<void> done = co_await socket->open();
    if (done) done = co_await greet(*socket, login_);
    if (!done) {
        socket->close();
        if (limit.passed()) {
            done = std::unexpected(
                redis_error(fmt::format("Redis at {} could not be connected in time", name_)));
        }
    }
    co_return done;
}

asio::awaitable<error> redis_connection::take_replies() {
    const auto socket = socket_;
    for (;;) {
        redis_reply reply;
        while (socket->next(reply)) {
            if (!take_reply(std::move(reply))) {
                co_return redis_error(
                    fmt::format("Redis at {} answered what was not asked", name_));
            }
            proven_ = true;
            last_reply_ = core_->time.now();
        }
        if (socket->replies_broken()) co_return socket->not_redis();
        const result<void> received = co_await socket->receive();
        if (core_->stopped || state_ != state::ready) co_return error();
        if (!received) co_return received.error();
    }
}

// Exponential back-off, half of it jitter, counted from the beginning of the last attempt: one that
// took long has waited already.
instant redis_connection::next_attempt(instant last) {
    if (failures_ == 0) return core_->time.now();
    const unsigned doublings = std::min(failures_ - 1, 10U);
    const duration full = std::min(least_delay * (1U << doublings), most_delay);
    const auto half = static_cast<std::uint64_t>(full.count() / 2);
    const auto jitter = static_cast<std::int64_t>(core_->chance.next() % (half + 1));
    return later(last, full / 2 + duration(jitter));
}

}  // namespace symphony::detail
