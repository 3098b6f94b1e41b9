#include "net/client_connection.hpp"
#include "net/tls_failure.hpp"
#include "net/tls_origin.hpp"

namespace symphony::net::detail {

namespace asio = boost::asio;

const std::string& client_connection::server_name() const noexcept {
    return where_->tls.server_name.empty() ? where_->base.host : where_->tls.server_name;
}

void client_connection::resume_session() {
    const auto session = handshake_.sessions->take(handshake_.revision, core_->time.wall_now());
    if (session) SSL_set_session(tls_->native_handle(), session.get());
}

void client_connection::catch_up(std::uint64_t revision) const {
    if (where_->secured) where_->secured->catch_up(core_->time.now(), revision);
}

bool client_connection::outdated() const noexcept {
    return secured_ && where_->secured->revision() != handshake_.revision;
}

// A server that refuses the client's certificate says so and closes, and what is sent then meets a
// reset. What it said lies before that, for the outstanding receive to find.
bool client_connection::will_be_told(const boost::system::error_code& fault) const noexcept {
    const bool cut = fault == asio::error::connection_reset || fault == asio::error::broken_pipe;
    return cut && (listening_ || due_) && !heard_;
}

void client_connection::note_refusal(const boost::system::error_code& fault) {
    if (!secured_ || refusal_) return;
    refusal_ = refused_certificate(tls_->native_handle(), fault, server_name());
    // In TLS 1.3 what was sent waits until the server has judged the certificate. Only before any
    // other word is a refusal certain to be that verdict.
    const bool unseen =
        !heard_ && !handshake_.ticket_seen && SSL_version(tls_->native_handle()) == TLS1_3_VERSION;
    if (refusal_) refusal_->maybe_sent = !unseen;
}

}  // namespace symphony::net::detail
