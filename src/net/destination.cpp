#include "net/key_digest.hpp"
#include "net/tls_context.hpp"
#include "symphony/net/transport.hpp"

#include <fmt/format.h>

namespace symphony::net {

result<std::shared_ptr<const destination>> destination::make(const url& base,
                                                             const tls_options& tls,
                                                             const http_options& http,
                                                             const limit_options& limits) {
    if (base.is_websocket()) {
        return fail(error_kind::invalid_request,
                    "a ws or wss URL is not available in this version");
    }
    auto proxy = proxy_for(base, http.proxy);
    if (!proxy) return std::unexpected(std::move(proxy.error()));
    if (http.version == http_version::http2 && !base.is_tls() && *proxy) {
        return fail(error_kind::invalid_request,
                    "HTTP/2 in the clear does not go through a proxy: give 'http.proxy: none'");
    }
    auto made = std::make_shared<destination>();
    made->base = base;
    made->tls = tls;
    made->http = http;
    made->limits = limits;
    made->authority = base.authority();
    made->key = base.origin();
    made->may_use_http2 =
        base.is_tls() ? http.version != http_version::http1 : http.version == http_version::http2;
    // A connection is opened for one protocol or the other.
    if (base.is_tls() && http.version == http_version::http1) made->key += "|1.1";
    if (http.version == http_version::http2) made->key += "|2";
    if (base.is_tls()) {
        auto context = detail::make_tls_context(tls);
        if (!context) return std::unexpected(std::move(context.error()));
        made->tls_context = std::move(*context);
        // What decides who is trusted decides whose connections may be shared.
        made->key += fmt::format("|{}|{}|{}", tls.server_name, tls.ca, tls.min_version);
    }
    made->proxy = std::move(*proxy);
    if (made->proxy) {
        if (!base.is_tls()) made->target_prefix = "http://" + made->authority;
        // A tunnel belongs to whoever opened it.
        made->key += fmt::format("|via {}|{}", made->proxy->authority,
                                 detail::key_digest(made->proxy->authorization));
    }
    return made;
}

}  // namespace symphony::net
