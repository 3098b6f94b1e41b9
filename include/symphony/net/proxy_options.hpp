#pragma once

#include "symphony/core/environment.hpp"
#include "symphony/core/secret.hpp"
#include "symphony/core/url.hpp"

#include <optional>
#include <string>

namespace symphony {

/// Which proxies lie between this process and an API (the endpoint's `http.proxy`). A proxy is
/// `http://[user:password@]host[:port]`, the scheme may be left out; empty: none.
struct proxy_options {
    secret https{};  ///< for https destinations, by CONNECT
    secret http{};   ///< for http destinations, by requests in absolute form
    /// Hosts that are reached directly, separated by commas or spaces, 64 KiB at most: `*`, `host`
    /// (and what is below it), `.suffix` (only what is below it), an IP address, a network
    /// `10.0.0.0/8`, each but `*` and networks also with `:port`.
    std::string except{};

    /// One proxy for everything.
    [[nodiscard]] static proxy_options to(const secret& proxy) { return {proxy, proxy, {}}; }
    /// `https_proxy`, `http_proxy`, `no_proxy`, else the same in capitals.
    [[nodiscard]] static proxy_options from(const environment& variables);

    /// What is wrong with the proxy that `destination` would take; nothing when it is in order or
    /// there is none.
    [[nodiscard]] std::optional<std::string> problem_for(const url& destination) const;

    bool operator==(const proxy_options& other) const {
        return https.equals(other.https.reveal()) && http.equals(other.http.reveal()) &&
               except == other.except;
    }
};

}  // namespace symphony
