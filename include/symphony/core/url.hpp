#pragma once

#include "symphony/core/result.hpp"
#include "symphony/core/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace symphony {

/// An absolute URL (RFC 3986), split and checked. Schemes: http, https, ws, wss.
struct url {
    std::string scheme;      ///< lower case
    std::string host;        ///< lower case; an IPv6 address without its brackets
    std::uint16_t port = 0;  ///< never 0 after parsing: the scheme's default is filled in
    std::string path;        ///< percent-encoded as given, at least "/"
    std::string query;       ///< without '?', percent-encoded as given
    bool has_query = false;  ///< tells "…?" from "…"
    secret user_info;        ///< "user:password" with its encoding undone, or empty

    /// Errors: `invalid_request` with a message that never repeats user-info or query.
    /// Text longer than 64 KiB, control characters and a fragment never pass.
    [[nodiscard]] static result<url> parse(std::string_view text);

    [[nodiscard]] bool is_tls() const noexcept { return scheme == "https" || scheme == "wss"; }
    [[nodiscard]] bool is_websocket() const noexcept { return scheme == "ws" || scheme == "wss"; }
    /// `host[:port]` as a Host header wants it: brackets for IPv6, no default port.
    [[nodiscard]] std::string authority() const;
    /// `scheme://host:port`, the identity of a connection pool.
    [[nodiscard]] std::string origin() const;
    /// For people: no user-info, no query.
    [[nodiscard]] std::string display() const;
};

/// Joins a caller's path and query onto a configured URL and returns the request target
/// (`/path?query`). The configured path loses its trailing slash, queries are merged, configured
/// first; a '?' in `path` begins a query of its own, which comes between the two.
/// Errors: `invalid_request` when the path climbs above the configured one by `..` in any encoding
/// a server may undo, when it holds a backslash or a '%' without two hex digits, when path or query
/// holds a control character, space or fragment, or both together exceed 64 KiB. Reserved bytes and
/// encodings stay as the caller wrote them ("%252e" too); bytes outside ASCII are encoded.
[[nodiscard]] result<std::string> join_target(const url& base, std::string_view path,
                                              std::string_view query);
/// Whether `join_target` would give just `path`: seen at once, for the usual call. False also where
/// it only takes longer to tell.
[[nodiscard]] bool is_target_of(const url& base, std::string_view path,
                                std::string_view query) noexcept;

}  // namespace symphony
