#include "net/connect_reply.hpp"

#include "net/response_head.hpp"

#include <fmt/format.h>

#include <utility>

namespace symphony::net::detail {

namespace {

std::string host_and_port(const url& base) {
    const bool bare_v6 = base.host.find(':') != std::string::npos;
    return bare_v6 ? fmt::format("[{}]:{}", base.host, base.port)
                   : fmt::format("{}:{}", base.host, base.port);
}

}  // namespace

void write_connect_request(const destination& where, std::string& to) {
    const std::string target = host_and_port(where.base);
    to.append("CONNECT ").append(target).append(" HTTP/1.1\r\nHost: ").append(target);
    if (!where.proxy->authorization.empty()) {
        to.append("\r\nProxy-Authorization: ").append(where.proxy->authorization.reveal());
    }
    to.append("\r\n\r\n");
}

error refused_credentials(const proxy_server& proxy, int status) {
    error why;
    why.kind = error_kind::connect_failed;
    why.message = fmt::format(
        "the proxy {} {} (status {}){}", proxy.authority,
        proxy.authorization.empty() ? "wants credentials" : "does not accept the credentials",
        status, proxy.authorization.empty() ? ", and there are none" : "");
    return why;
}

result<bool> connect_reply::take(std::string_view input) {
    for (;;) {
        const std::string_view rest = input.substr(begin_);
        const std::size_t size = find_head_end(rest, searched_);
        if (begin_ + (size == 0 ? rest.size() : size) > most_bytes) {
            return refuse("answers CONNECT without an end");
        }
        if (size == 0) return false;
        response_head head;
        // As after HEAD, no body is expected: one that follows 2xx belongs to the tunnel.
        if (!parse_response_head(rest.substr(0, size), true, head)) {
            return refuse("answers CONNECT with something that is not HTTP");
        }
        begin_ += size;
        searched_ = 0;
        if (head.status == 101) return refuse("switched protocols unasked");
        if (head.status < 200) continue;
        if (head.status >= 300) return refuse_status(head.status);
        // TLS begins with its client: whatever is here already is not from the API.
        if (begin_ != input.size()) return refuse("sends bytes into the tunnel by itself");
        return true;
    }
}

std::unexpected<error> connect_reply::refuse(std::string_view what) const {
    return fail(error_kind::connect_failed,
                fmt::format("the proxy {} {}", where_.proxy->authority, what));
}

std::unexpected<error> connect_reply::refuse_status(int status) const {
    // Nobody but the proxy answers CONNECT; tinyproxy says 401 to a wrong password.
    if (status == 407 || status == 401) {
        return std::unexpected(refused_credentials(*where_.proxy, status));
    }
    return refuse(fmt::format("did not connect to {}: status {}", where_.authority, status));
}

}  // namespace symphony::net::detail
