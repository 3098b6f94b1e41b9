#include "net/client_connection.hpp"
#include "net/connect_reply.hpp"

#include <fmt/format.h>

namespace symphony::net::detail {

// Nothing of a request has been sent before the tunnel stands, so a failure here never leaves
// doubt.
boost::asio::awaitable<result<void>> client_connection::tunnel() {
    const std::string stage =
        fmt::format("asking the proxy {} for a connection to", where_->proxy->authority);
    write_connect_request(*where_, out);
    connect_reply reply(*where_);
    std::string_view nothing;
    const sent how = co_await send(nothing);
    bool stands = false;
    while (!stands && stop_ == stop::none && how != sent::broken) {
        if (!co_await receive()) break;
        const result<bool> taken = reply.take(input.view());
        if (!taken) co_return std::unexpected(taken.error());
        stands = *taken;
    }
    if (stop_ != stop::none) co_return std::unexpected(stop_error(stage, where_->authority));
    if (!stands) {
        co_return fail(error_kind::connect_failed,
                       fmt::format("the proxy {} closed the connection without connecting to {}",
                                   where_->proxy->authority, where_->authority),
                       reason_);
    }
    input.consume(input.view().size());
    more_likely_ = false;
    co_return result<void>();
}

}  // namespace symphony::net::detail
