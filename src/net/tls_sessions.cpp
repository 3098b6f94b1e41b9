#include "net/tls_sessions.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace symphony::net::detail {

namespace {

constexpr std::size_t most_kept = 8;

bool is_usable(const SSL_SESSION* session, std::time_t now) {
    // How long a ticket is good for is the server's word, a week at most (RFC 8446, 4.6.1).
    constexpr unsigned long week = 7UL * 24 * 60 * 60;
    const unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(session);
    const std::time_t end =
        SSL_SESSION_get_time(session) + (hint > 0 ? static_cast<std::time_t>(std::min(hint, week))
                                                  : SSL_SESSION_get_timeout(session));
    if (SSL_SESSION_is_resumable(session) != 1 || end <= now) return false;
    // A resumed handshake shows no certificate, so what was proven then has to hold still.
    const X509* const server = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(session));
    return server != nullptr && X509_cmp_time(X509_get0_notAfter(server), &now) > 0;
}

}  // namespace

void tls_sessions::keep(tls_session_ptr given, std::uint64_t revision) {
    if (revision != revision_) clear();
    revision_ = revision;
    kept_.push_back(std::move(given));
    if (kept_.size() > most_kept) kept_.pop_front();
}

tls_session_ptr tls_sessions::take(std::uint64_t revision, wall_time now) {
    if (revision != revision_) clear();
    const std::time_t second = std::chrono::system_clock::to_time_t(now);
    while (!kept_.empty()) {
        tls_session_ptr& latest = kept_.back();
        if (!is_usable(latest.get(), second)) {
            kept_.pop_back();
        } else if (SSL_SESSION_get_protocol_version(latest.get()) >= TLS1_3_VERSION) {
            tls_session_ptr once = std::move(latest);
            kept_.pop_back();
            return once;
        } else {
            SSL_SESSION_up_ref(latest.get());
            return tls_session_ptr(latest.get());
        }
    }
    return nullptr;
}

}  // namespace symphony::net::detail
