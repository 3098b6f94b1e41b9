#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/result.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/net/body.hpp"
#include "symphony/net/headers.hpp"
#include "symphony/net/response.hpp"
#include "symphony/net/server_tls.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace symphony::net {

/// A request as the server received it. `body` is read by the handler if it wants it; what it
/// leaves is drained (a bounded amount) or the connection is closed.
struct server_request {
    std::string method;
    std::string target;           ///< as on the request line: path and query
    headers fields;               ///< hop-by-hop fields included
    body_source* body = nullptr;  ///< never null; empty when there is none
    bool has_body = false;
    /// Set by the handler: reads of the body that would wait past it give `timeout`.
    instant body_until = instant::max();
    std::string peer;  ///< address:port of the client
};

struct server_options {
    std::size_t max_header_bytes = std::size_t{64} << 10;
    std::size_t max_connections = 10'000;                ///< beyond it: accepted and closed
    duration header_timeout = std::chrono::seconds(10);  ///< for a whole request head, and for TLS
    duration idle_timeout = std::chrono::seconds(75);    ///< between requests
    duration write_timeout = std::chrono::seconds(30);   ///< without progress in sending
    std::shared_ptr<detail::tls_origin> tls{};  ///< of `make_server_tls`; null: in the clear
    bool http2 = true;                          ///< HTTP/2 for who asks for it, beside HTTP/1.1
    std::uint32_t max_streams = 100;  ///< of HTTP/2, open at once on a connection; 1 or more
    /// The answer to a request that cannot be served: its head is refused, or its handler failed.
    /// `reason` is for people. Fields and `body` are sent, with the status that was given, over
    /// HTTP/1.1 before the connection is closed. Called on the server's executor. Empty, or where
    /// it throws: the status alone.
    std::function<response(int status, std::string_view reason)> refusal{};
};

/// A server of HTTP/1.1 (RFC 9112) and HTTP/2 (RFC 9113) on one executor (one thread); every call
/// comes from there. HTTP/2 begins by ALPN over TLS and by prior knowledge in the clear. Request
/// smuggling is refused: conflicting or repeated lengths, bad chunking, obs-fold, bare CR or LF
/// give 400 and close the connection. An absolute-form target arrives as its path and query, its
/// authority as Host; "*" with OPTIONS only; CONNECT gives 501.
///
/// A client that leaves cancels its handler (terminal cancellation), within some 10 ms; one that
/// ends its sending side has left, even if it still reads. A body that stops coming for
/// `idle_timeout` gives its reader `timeout`. Of a body that the handler leaves, up to 256 KiB are
/// read over to keep the connection.
///
/// Framing is the server's: it writes Content-Length, Transfer-Encoding, Connection and, unless the
/// handler did, Date. A handler's "Connection: close" is obeyed, its Content-Length counts only
/// where none can be known: for HEAD and 304. A stream that fails ends the connection without a
/// proper end of the body.
///
/// Over HTTP/2 each stream is a request, handled beside the others of its connection, with Host
/// from the authority and names in lower case. A client that resets a stream cancels its handler; a
/// body is received no further than the handler reads (256 KiB ahead), and what it leaves is not
/// waited for; a stream that fails is reset. "Connection: close" means nothing there. Clients that
/// flood or reset without end are told ENHANCE_YOUR_CALM and left.
class http_server {
public:
    /// Answers one request. Runs on the server's executor; an escaping exception becomes a 500.
    using handler = std::function<boost::asio::awaitable<response>(server_request&)>;

    http_server(boost::asio::any_io_executor executor, const clock& time, timers& wakeups,
                handler on_request, server_options options = {});
    ~http_server();
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;

    /// Binds and starts accepting; may be called for several addresses. `host` is an IPv4 or IPv6
    /// address (brackets allowed) or "localhost" (127.0.0.1). `share_port` sets SO_REUSEPORT, so
    /// that each shard has its own listener. Returns the port (for port 0). Errors:
    /// `connect_failed` naming the address.
    [[nodiscard]] result<std::uint16_t> listen(const std::string& host, std::uint16_t port,
                                               bool share_port = false);
    /// No new connections; idle ones close, busy ones after their answer ("Connection: close",
    /// over HTTP/2 GOAWAY).
    void drain();
    /// Closes everything now, cancelling handlers; for good. So does the destructor. Handlers may
    /// end later than the server object: neither clock nor timers are touched then.
    void stop();
    [[nodiscard]] std::size_t connections() const noexcept;

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace symphony::net
