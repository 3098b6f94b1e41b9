#pragma once

#include "net/http2_session.hpp"
#include "symphony/net/transport.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace symphony::net::detail {

/// What came of a request on a session.
struct http2_outcome {
    result<response> answer;
    /// The server has provably not looked at it, and nothing of its body was read: it may go out
    /// once more.
    bool goes_again = false;
};

/// One request and its answer, in the place that was reserved in `session`. With `stream_response`
/// the answer has a stream that keeps the session.
[[nodiscard]] boost::asio::awaitable<http2_outcome> http2_send(
    const std::shared_ptr<client_core>& core, std::shared_ptr<http2_session> session,
    const std::shared_ptr<const destination>& where, const wire_request& request,
    const send_options& options);

}  // namespace symphony::net::detail
