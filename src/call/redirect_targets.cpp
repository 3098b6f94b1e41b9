#include "call/redirect_targets.hpp"

#include <algorithm>

namespace symphony {

namespace {

constexpr std::size_t most_known = 16;

}  // namespace

result<std::shared_ptr<const net::destination>> redirect_targets::find(
    const url& to, const endpoint_options& options) {
    const std::string origin = to.origin();
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(known_, origin, &entry::first);
    if (found != known_.end()) return found->second;
    url base;
    base.scheme = to.scheme;
    base.host = to.host;
    base.port = to.port;
    base.path = "/";
    tls_options tls = options.tls;
    tls.identity.reset();
    tls.server_name.clear();
    http_options http = options.http;
    http.unix_socket.clear();
    auto made = net::destination::make(base, tls, http, options.limits);
    if (!made) return made;
    if (known_.size() == most_known) known_.erase(known_.begin());
    known_.emplace_back(origin, *made);
    return made;
}

}  // namespace symphony
