#pragma once

#include "gateway/event_hub.hpp"
#include "gateway/reload.hpp"
#include "symphony/core/secret.hpp"
#include "symphony/net/http_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <optional>
#include <string_view>

namespace symphony::gateway {

/// The admin plane: health, metrics, status, events, breaker control and reload. Runs on one
/// executor; reloads are done on another one, so that reading a file holds up no call.
class admin_plane {
public:
    admin_plane(client& calls, reloader& files, event_hub& hub, const std::atomic<bool>& draining,
                secret token, boost::asio::any_io_executor reload_on);

    [[nodiscard]] boost::asio::awaitable<response> handle(net::server_request& received);

private:
    [[nodiscard]] bool authorised(const headers& fields) const noexcept;
    [[nodiscard]] response ready() const;
    [[nodiscard]] response metrics(const headers& fields) const;
    [[nodiscard]] response status() const;
    [[nodiscard]] boost::asio::awaitable<response> events(std::string_view target);
    [[nodiscard]] boost::asio::awaitable<response> breaker(net::server_request& received,
                                                           std::string_view names);
    [[nodiscard]] boost::asio::awaitable<response> reload();

    client& client_;
    reloader& reloader_;
    event_hub& hub_;
    const std::atomic<bool>& draining_;
    secret token_;
    boost::asio::any_io_executor reload_on_;
    instant started_;
};

/// The `level` of a query such as "level=warn": the least severity wanted, `info` when nothing is
/// said; nothing for any other query.
[[nodiscard]] std::optional<severity> parse_event_level(std::string_view query) noexcept;

/// Whether an Accept field asks for OpenMetrics.
[[nodiscard]] bool wants_openmetrics(std::string_view accept) noexcept;

}  // namespace symphony::gateway
