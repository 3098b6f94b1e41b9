#pragma once

#include "symphony/core/deadline.hpp"
#include "symphony/core/result.hpp"
#include "symphony/core/time.hpp"
#include "symphony/core/url.hpp"
#include "symphony/net/body.hpp"
#include "symphony/net/field_block.hpp"
#include "symphony/net/headers.hpp"
#include "symphony/net/net_options.hpp"
#include "symphony/net/proxy.hpp"
#include "symphony/net/response.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace symphony::net {

namespace detail {
class tls_origin;
}

/// What became of the files of a `tls_options` that changed on disk.
struct tls_reload {
    bool taken = false;   ///< false: they are not usable, and what was there before goes on
    std::string message;  ///< for people; never any of a key
    instant at{};
};
/// Called on the thread of whichever connection was being opened; thread-safe, quick, no throw.
using tls_reload_listener = std::function<void(const tls_reload&)>;

/// Where requests go: one origin with one TLS identity and its bounds. Immutable and shared; two
/// destinations with the same `key` share connections and TLS sessions.
///
/// The files that `tls` names are looked at again when a connection is opened, once a second at
/// most. Changed ones hold for new connections and new TLS sessions; older connections finish what
/// they carry and are not used again. Files that are not usable change nothing.
class destination {
public:
    /// Reads the files of `tls`. Errors: `tls_failed` naming the file, `invalid_request` for the
    /// URL, and for a client certificate without TLS. `listener`: hears of changed files; may be
    /// empty.
    [[nodiscard]] static result<std::shared_ptr<const destination>> make(
        const url& base, const tls_options& tls = {}, const http_options& http = {},
        const limit_options& limits = {}, tls_reload_listener listener = {});

    url base;
    tls_options tls;
    http_options http;
    limit_options limits;
    std::string authority;  ///< the Host header's value
    std::string key;        ///< origin, TLS identity and proxy: what a pool is filed under
    std::optional<proxy_server> proxy;  ///< on the way; chosen from `http.proxy`
    std::string target_prefix;   ///< before the path towards a proxy of plain HTTP (absolute form)
    bool may_use_http2 = false;  ///< over TLS unless forbidden; else where demanded
    std::shared_ptr<detail::tls_origin> secured;  ///< the transport's own; null for plain HTTP
};

/// One request as views: nothing is copied before the wire. Everything it points to outlives its
/// sending.
struct wire_request {
    std::string_view method = "GET";
    std::string_view target = "/";             ///< path and query
    std::span<const header_view> fields{};     ///< without Host, Content-Length, Connection
    const field_block* more_fields = nullptr;  ///< sent after them; null: none
    std::string_view body{};
    /// Instead of `body`: read once, sent with its size or in chunks.
    body_source* stream = nullptr;
};

struct send_options {
    deadline until{};              ///< connecting, sending, first byte and a buffered body
    bool stream_response = false;  ///< give `response.stream` as soon as the head is there
    /// Undo `gzip`, `deflate`, `br` and `zstd`, and remove Content-Encoding and Content-Length with
    /// them. Asking for them is the caller's part. HEAD, 204, 206 and 304 stay as they are, and so
    /// do bodies with more than two codings or unknown ones.
    bool decode_response = false;
};

/// Where an answer is put.
struct reply {
    result<response> answer;
    /// When all of the answer was read, where the transport has looked at the clock then.
    std::optional<instant> read_at;
};

/// Sends requests. One per shard, used on that shard's executor only.
class transport {
public:
    virtual ~transport() = default;
    /// One request, one final (not 1xx) answer. Errors: `timeout`, `dns_failed`, `connect_failed`,
    /// `tls_failed`, `connection_lost`, `protocol_error`, `response_too_large`, `invalid_request`
    /// (a header that cannot go on the wire), `cancelled`; `error.maybe_sent` is exact. A server
    /// that refuses the client's certificate has not looked at the request: not sent. A request
    /// that provably never reached the server over a reused connection is replayed once by itself.
    /// Cancellation: terminal or partial, at any point; the connection is closed if it was used.
    [[nodiscard]] virtual boost::asio::awaitable<result<response>> send(
        const std::shared_ptr<const destination>& where, const wire_request& request,
        const send_options& options) = 0;
    /// The same with the answer put where it is wanted, since one is large to hand from coroutine
    /// to coroutine. `to` outlives the sending; what it holds is replaced, when is not said, so
    /// nothing of the request points there.
    [[nodiscard]] virtual boost::asio::awaitable<void> send_into(
        reply& to, const std::shared_ptr<const destination>& where, const wire_request& request,
        const send_options& options);
};

}  // namespace symphony::net
