#pragma once

#include "soak/ledger.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <random>
#include <string>

namespace symphony::soak {

/// Callers of the gateway, half of them over HTTP/1.1 and half over HTTP/2, each with one call
/// after the other. For one thread.
class traffic {
public:
    /// Throws std::runtime_error when `gateway_url` is none.
    traffic(boost::asio::io_context& loop, const std::string& gateway_url, unsigned callers);
    /// No caller begins another call.
    void end() noexcept { ending_ = true; }
    [[nodiscard]] unsigned running() const noexcept { return running_; }
    [[nodiscard]] const ledger& account() const noexcept { return account_; }
    /// Closes all connections, once nobody is running any more.
    void close() { client_.close(); }

private:
    boost::asio::awaitable<void> one_caller(unsigned number);
    boost::asio::awaitable<ending> make(const call& next, bool http2, std::mt19937_64& chance);

    system_clock time_;
    net::asio_timers timers_;
    net::http_client client_;
    std::shared_ptr<const net::destination> over_http1_, over_http2_;
    ledger account_;
    unsigned running_ = 0;
    bool ending_ = false;
};

}  // namespace symphony::soak
