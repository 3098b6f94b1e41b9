#include "net/client_connection.hpp"
#include "net/tls_failure.hpp"
#include "net/tls_origin.hpp"

#include <algorithm>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_in_record = std::size_t{16} << 10;
constexpr std::size_t piece_bytes = std::size_t{64} << 10;  // encrypted at a time
// Of what TLS itself has to say to a server that takes nothing.
constexpr std::size_t most_unsent = std::size_t{256} << 10;

}  // namespace

const std::string& client_connection::server_name() const noexcept {
    return where_->tls.server_name.empty() ? where_->base.host : where_->tls.server_name;
}

void client_connection::resume_session() {
    const auto session = handshake_.sessions->take(handshake_.revision, core_->time.wall_now());
    if (session) SSL_set_session(tls_->native(), session.get());
}

void client_connection::catch_up(std::uint64_t revision) const {
    if (where_->secured) where_->secured->catch_up(core_->time.now(), revision);
}

bool client_connection::outdated() const noexcept {
    return secured_ && where_->secured->revision() != handshake_.revision;
}

asio::awaitable<void> client_connection::negotiate() {
    std::string_view nothing;
    operation_fault_.clear();
    for (;;) {
        const tls_bytes::outcome outcome = tls_->shake_hands();
        sent how = co_await send(nothing);  // an alert too
        while (how == sent::answered && outcome == tls_bytes::outcome::done) {
            note_heard();
            how = co_await send(nothing);
        }
        if (stop_ != stop::none) co_return;
        if (outcome == tls_bytes::outcome::done) co_return;
        if (outcome == tls_bytes::outcome::failed) operation_fault_ = tls_->fault();
        if (outcome == tls_bytes::outcome::ended) operation_fault_ = asio::error::eof;
        if (outcome != tls_bytes::outcome::wants_input) co_return;
        // Also when it took nothing more: why may be what it said.
        if (!co_await receive()) {
            if (!operation_fault_) operation_fault_ = asio::error::eof;
            co_return;
        }
    }
}

// Into `input`. False: nothing was in it but what TLS needs for itself, such as tickets.
bool client_connection::decrypt() {
    bool news = false;
    while (tls_->has_more() && !broken_ && !ended_) {
        const asio::mutable_buffer room = input.prepare(tls_->readable());
        std::size_t size = 0;
        const tls_bytes::outcome outcome = tls_->read(room, size);
        if (outcome == tls_bytes::outcome::wants_input) break;
        if (outcome == tls_bytes::outcome::ended) {
            ended_ = true;
        } else if (outcome == tls_bytes::outcome::failed) {
            take_fault(tls_->fault());
        } else if (!news && core_->fails(io_operation::read)) {
            take_fault(asio::error::connection_reset);
        } else {
            input.commit(size);
            news = arrived_ = heard_ = true;
        }
    }
    if (!sending_ && !tls_->to_send.empty()) {
        // An alert, or the answer to one. What finds no room goes with what is sent next.
        std::string_view nothing;
        static_cast<void>(write_now(tls_->to_send, nothing));
    }
    if (tls_->to_send.size() > most_unsent) take_fault(asio::error::no_buffer_space);
    return news || broken_ || ended_;
}

// A piece of `out` and `more`. What fits in a record leaves in one. False: it cannot be done.
bool client_connection::encrypt(std::string_view& more) {
    if (!out.empty() && out.size() < most_in_record) {
        const std::size_t joins = std::min(more.size(), most_in_record - out.size());
        out.append(more.substr(0, joins));
        more.remove_prefix(joins);
    }
    if (!out.empty() && tls_->write(out) != tls_bytes::outcome::done) return false;
    out.clear();
    const std::string_view piece = more.substr(0, piece_bytes);
    if (!piece.empty() && tls_->write(piece) != tls_bytes::outcome::done) return false;
    more.remove_prefix(piece.size());
    return true;
}

client_connection::sent client_connection::write_encrypted(std::string_view& more) {
    std::string_view nothing;
    for (;;) {
        if (tls_->to_send.empty() && !encrypt(more)) {
            take_fault(tls_->fault());
            return sent::broken;
        }
        const sent outcome = write_now(tls_->to_send, nothing);
        if (outcome == sent::blocked) return outcome;
        if (outcome == sent::broken) {
            if (!will_be_told()) return outcome;
            out.clear();
            tls_->to_send.clear();
            out_sent_ = 0;
            more = {};
        }
        if (out.empty() && more.empty()) return sent::all;
    }
}

// A server that refuses the client's certificate says so and closes, and what is sent then meets a
// reset. What it said lies before that, for a receive to find.
bool client_connection::will_be_told() {
    const bool cut = operation_fault_ == asio::error::connection_reset ||
                     operation_fault_ == asio::error::broken_pipe;
    if (!secured_ || !cut || heard_) return false;
    listen();
    return listening_ || due_;
}

void client_connection::note_refusal(const boost::system::error_code& fault) {
    if (!secured_ || refusal_) return;
    refusal_ = refused_certificate(tls_->native(), fault, server_name());
    // In TLS 1.3 what was sent waits until the server has judged the certificate. Only before any
    // other word is a refusal certain to be that verdict.
    const bool unseen =
        !heard_ && !handshake_.ticket_seen && SSL_version(tls_->native()) == TLS1_3_VERSION;
    if (refusal_) refusal_->maybe_sent = !unseen;
}

}  // namespace symphony::net::detail
