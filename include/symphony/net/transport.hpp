#pragma once

#include "symphony/core/deadline.hpp"
#include "symphony/core/result.hpp"
#include "symphony/core/url.hpp"
#include "symphony/net/body.hpp"
#include "symphony/net/field_block.hpp"
#include "symphony/net/headers.hpp"
#include "symphony/net/net_options.hpp"
#include "symphony/net/proxy.hpp"
#include "symphony/net/response.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace symphony::net {

/// Where requests go: one origin with one TLS identity and its bounds. Immutable and shared; two
/// destinations with the same `key` share connections.
class destination {
public:
    /// Reads the CA file. Errors: `tls_failed` naming the file, `invalid_request` for the URL.
    [[nodiscard]] static result<std::shared_ptr<const destination>> make(
        const url& base, const tls_options& tls = {}, const http_options& http = {},
        const limit_options& limits = {});

    url base;
    tls_options tls;
    http_options http;
    limit_options limits;
    std::string authority;  ///< the Host header's value
    std::string key;        ///< origin, TLS identity and proxy: what a pool is filed under
    std::optional<proxy_server> proxy;  ///< on the way; chosen from `http.proxy`
    std::string target_prefix;   ///< before the path towards a proxy of plain HTTP (absolute form)
    bool may_use_http2 = false;  ///< over TLS unless forbidden; else where demanded
    std::shared_ptr<void> tls_context;  ///< the transport's own; null for plain HTTP
};

/// One request as views: nothing is copied before the wire. Everything it points to outlives
/// `transport::send`.
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

/// Sends requests. One per shard, used on that shard's executor only.
class transport {
public:
    virtual ~transport() = default;
    /// One request, one final (not 1xx) answer. Errors: `timeout`, `dns_failed`, `connect_failed`,
    /// `tls_failed`, `connection_lost`, `protocol_error`, `response_too_large`, `invalid_request`
    /// (a header that cannot go on the wire), `cancelled`; `error.maybe_sent` is exact. A request
    /// that provably never reached the server over a reused connection is replayed once by itself.
    /// Cancellation: terminal or partial, at any point; the connection is closed if it was used.
    [[nodiscard]] virtual boost::asio::awaitable<result<response>> send(
        const std::shared_ptr<const destination>& where, const wire_request& request,
        const send_options& options) = 0;
};

}  // namespace symphony::net
