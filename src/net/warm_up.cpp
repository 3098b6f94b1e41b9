#include "net/warm_up.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

std::size_t present(const client_pool& pool) noexcept {
    return pool.idle() + pool.busy();
}

// Calls may have opened what was missing, or wait for what could be opened.
asio::awaitable<result<void>> open_one(std::shared_ptr<client_pool> pool, std::size_t count,
                                       deadline until) {
    co_await asio::this_coro::throw_if_cancelled(false);
    if (present(*pool) >= count || pool->waiting() > 0) co_return result<void>();
    result<client_lease> lease = co_await pool->acquire(until);
    if (!lease) co_return std::unexpected(std::move(lease.error()));
    lease->give_back();
    co_return result<void>();
}

}  // namespace

asio::awaitable<result<void>> warm_up(std::shared_ptr<client_core> core,
                                      std::shared_ptr<http2_hub> hub,
                                      std::shared_ptr<client_pool> pool,
                                      std::shared_ptr<const destination> where, std::size_t count) {
    count = std::min(count, where->http.max_connections);
    if (count == 0) co_return result<void>();
    const auto until = deadline::after(core->time.now(), where->http.connect_timeout);
    client_lease first;
    if (hub) {
        auto way = co_await hub->acquire(until);
        if (!way) co_return std::unexpected(std::move(way.error()));
        if (way->session) {
            way->session->unreserve();
            co_return result<void>();
        }
        first = std::move(way->lease);  // counts as busy meanwhile
    }
    const auto open = [&] {
        return asio::co_spawn(core->executor, open_one(pool, count, until), asio::deferred);
    };
    std::vector<decltype(open())> missing;
    pool->close_unusable();
    for (std::size_t there = present(*pool); there < count; ++there)
        missing.push_back(open());
    if (first) first.give_back();
    if (missing.empty()) co_return result<void>();
    auto all = asio::experimental::make_parallel_group(std::move(missing));
    const auto [order, faults, outcomes] =
        co_await all.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const std::size_t each : order) {
        if (faults[each]) std::rethrow_exception(faults[each]);
        if (!outcomes[each]) co_return std::unexpected(outcomes[each].error());
    }
    co_return result<void>();
}

}  // namespace symphony::net::detail
