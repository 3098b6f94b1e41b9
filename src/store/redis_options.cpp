#include "symphony/store/redis_options.hpp"

namespace symphony {

namespace {

bool same_place(const redis_options& one, const redis_options& other) noexcept {
    if (!one.sentinel.addresses.empty()) {
        return one.sentinel.master == other.sentinel.master &&
               one.sentinel.addresses == other.sentinel.addresses &&
               one.sentinel.username == other.sentinel.username &&
               one.sentinel.password.equals(other.sentinel.password.reveal());
    }
    if (!other.sentinel.addresses.empty() || one.cluster != other.cluster ||
        one.cluster_nodes != other.cluster_nodes || one.unix_socket != other.unix_socket) {
        return false;
    }
    return !one.unix_socket.empty() || one.server == other.server;
}

}  // namespace

bool redis_options::same_as(const redis_options& other) const noexcept {
    return same_place(*this, other) && username == other.username &&
           password.equals(other.password.reveal()) && database == other.database &&
           tls == other.tls && (!tls || tls_settings == other.tls_settings);
}

}  // namespace symphony
