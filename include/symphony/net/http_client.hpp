#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/net/io_hook.hpp"
#include "symphony/net/transport.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>

namespace symphony::net {

/// A client of HTTP/1.1 and HTTP/2 with TLS and a pool per destination (most recently used first).
/// Lives on one executor that never runs two handlers at once (an io_context with one thread, or a
/// strand); every call comes from there.
class http_client final : public transport {
public:
    /// `hook` is for tests that let I/O fail.
    http_client(boost::asio::any_io_executor executor, const clock& time, timers& wakeups,
                io_hook* hook = nullptr);
    ~http_client() override;
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;

    [[nodiscard]] boost::asio::awaitable<result<response>> send(
        const std::shared_ptr<const destination>& where, const wire_request& request,
        const send_options& options) override;
    [[nodiscard]] boost::asio::awaitable<void> send_into(
        reply& to, const std::shared_ptr<const destination>& where, const wire_request& request,
        const send_options& options) override;

    /// Opens connections, as far as TLS, until `count` to `where` are there, idle or busy, or as
    /// many as `max_connections` allows; over HTTP/2 one is enough. Returns when all are open.
    /// Errors: of the first that failed, as those of `send`; the others stay. Cancellation: none,
    /// `connect_timeout` bounds it.
    [[nodiscard]] boost::asio::awaitable<result<void>> warm_up(
        std::shared_ptr<const destination> where, std::size_t count);

    struct pool_view {
        std::size_t idle = 0;
        std::size_t busy = 0;
        std::size_t waiting = 0;  ///< calls waiting for a connection
        std::uint64_t opened = 0;
        std::uint64_t reused = 0;
    };
    [[nodiscard]] pool_view look(const destination& where) const;
    /// Closes what is idle; what is busy closes when it is done. No new connection is pooled.
    void close();
    /// As `close`, and for good: each `send`, later ones too, and each stream gives `cancelled`.
    void abort();

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace symphony::net
