#include "net/key_digest.hpp"
#include "net/tls_origin.hpp"
#include "symphony/net/transport.hpp"

#include <fmt/format.h>

#include <sys/un.h>

namespace symphony::net {

namespace {

// What decides who is trusted, and who one is, decides whose connections may be shared. A key may
// be given as text, and so is not to be read here; a passphrase only opens it.
std::string tls_key(const tls_options& tls) {
    std::string key = fmt::format("|{}|{}|{}", tls.server_name, tls.ca, tls.min_version);
    if (tls.identity) {
        const secret sources(fmt::format("{}|{}|{}", tls.identity->cert.size(), tls.identity->cert,
                                         tls.identity->key.reveal()));
        key += fmt::format("|as {}", detail::key_digest(sources));
    }
    return key;
}

}  // namespace

result<std::shared_ptr<const destination>> destination::make(const url& base,
                                                             const tls_options& tls,
                                                             const http_options& http,
                                                             const limit_options& limits,
                                                             tls_reload_listener listener) {
    if (base.is_websocket()) {
        return fail(error_kind::invalid_request,
                    "a ws or wss URL is not available in this version");
    }
    if (tls.identity && !base.is_tls()) {
        return fail(error_kind::invalid_request,
                    "a client certificate is shown in TLS only: give an https URL");
    }
    static_assert(http_options::longest_socket_path == sizeof(sockaddr_un::sun_path) - 1);
    if (http.unix_socket.size() > http_options::longest_socket_path) {
        return fail(error_kind::invalid_request,
                    fmt::format("the path of a Unix-domain socket has at most {} bytes",
                                http_options::longest_socket_path));
    }
    result<std::optional<proxy_server>> proxy;
    if (http.unix_socket.empty()) proxy = proxy_for(base, http.proxy);
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
        auto secured = detail::tls_origin::make(tls, std::move(listener));
        if (!secured) return std::unexpected(std::move(secured.error()));
        made->secured = std::move(*secured);
        made->key += tls_key(tls);
    }
    made->proxy = std::move(*proxy);
    if (!http.unix_socket.empty()) made->key += "|by " + http.unix_socket;
    if (made->proxy) {
        if (!base.is_tls()) made->target_prefix = "http://" + made->authority;
        // A tunnel belongs to whoever opened it.
        made->key += fmt::format("|via {}|{}", made->proxy->authority,
                                 detail::key_digest(made->proxy->authorization));
    }
    return made;
}

}  // namespace symphony::net
