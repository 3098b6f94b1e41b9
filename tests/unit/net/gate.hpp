#pragma once

#include "symphony/net/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>

namespace symphony::net::server_test {

/// A handler that holds every request, but for "/now", until it is let go or cancelled.
struct gate {
    boost::asio::awaitable<response> hold(server_request& request) {
        namespace asio = boost::asio;
        asio::steady_timer released(co_await asio::this_coro::executor);
        released.expires_at(asio::steady_timer::time_point::max());
        open = &released;
        ++held;
        held.notify_all();
        if (request.target != "/now")
            co_await released.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            ++cancelled;
            cancelled.notify_all();
        }
        response answer;
        answer.status = 200;
        answer.body = "released";
        co_return answer;
    }
    http_server::handler handler() {
        return [this](server_request& request) { return hold(request); };
    }
    void wait_until_held(int count = 1) const { wait_for(held, count); }
    void wait_until_cancelled(int count = 1) const { wait_for(cancelled, count); }

    boost::asio::steady_timer* open = nullptr;  ///< the last
    std::atomic<int> held{0};
    std::atomic<int> cancelled{0};

private:
    static void wait_for(const std::atomic<int>& number, int count) {
        for (int seen = number; seen < count; seen = number)
            number.wait(seen);
    }
};

}  // namespace symphony::net::server_test
