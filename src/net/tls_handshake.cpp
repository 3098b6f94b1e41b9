#include "net/tls_handshake.hpp"

namespace symphony::net::detail {

namespace {

// OpenSSL's way to hang something onto a connection: a number that is taken once a process. Asio
// has taken the one that is free to use.
int place() {
    static const int taken = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return taken;
}

int on_session(SSL* connection, SSL_SESSION* given) {
    tls_handshake* const noted = tls_handshake::of(connection);
    if (noted == nullptr) return 0;
    noted->ticket_seen = true;
    if (!noted->sessions) return 0;
    noted->sessions->keep(tls_session_ptr(given), noted->revision);
    return 1;  // it is ours now
}

int on_certificate_wanted(SSL* connection, void* /*unused*/) {
    if (tls_handshake* const noted = tls_handshake::of(connection)) {
        noted->certificate_wanted = true;
    }
    return 1;  // what the context has, or none
}

}  // namespace

void tls_handshake::watch(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_session);
    SSL_CTX_set_cert_cb(context, on_certificate_wanted, nullptr);
}

tls_handshake* tls_handshake::of(const SSL* connection) noexcept {
    return static_cast<tls_handshake*>(SSL_get_ex_data(connection, place()));
}

void tls_handshake::attach(SSL* connection) {
    SSL_set_ex_data(connection, place(), this);
}

}  // namespace symphony::net::detail
