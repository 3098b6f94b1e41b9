#include "net/server_tls.hpp"

#include "net/bio_method.hpp"
#include "net/tls_context.hpp"
#include "net/tls_origin.hpp"
#include "symphony/net/server_tls.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include <array>
#include <cerrno>
#include <new>
#include <sys/socket.h>

namespace symphony::net {

namespace detail {

namespace asio = boost::asio;

namespace {

int socket_of(BIO* bio) noexcept {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool would_block() noexcept {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int receive(BIO* bio, char* room, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(socket_of(bio), room, static_cast<std::size_t>(size), 0);
    if (got < 0 && would_block()) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

int send(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t put = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (put < 0 && would_block()) BIO_set_retry_write(bio);
    return static_cast<int>(put);
}

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a client that left would end the program.
BIO_METHOD* socket_method() {
    static BIO_METHOD* const made = make_bio_method("a connected socket", receive, send);
    return made;
}

// A client that offers protocols, and not this one, is told so (RFC 7301, 3.2). What was chosen is
// looked at after the return.
int choose_protocol(SSL* tls, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* /*use*/) {
    static constexpr std::array<unsigned char, 12> ours{2,   'h', '2', 8,   'h', 't',
                                                        't', 'p', '/', '1', '.', '1'};
    static constexpr std::size_t http2_size = 3;
    // By preference of ours; see the constructor.
    const std::size_t from = SSL_get_app_data(tls) != nullptr ? 0 : http2_size;
    unsigned char* found = nullptr;
    const int outcome =
        SSL_select_next_proto(&found, size, ours.data() + from,
                              static_cast<unsigned>(ours.size() - from), offered, offered_size);
    *chosen = found;
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

result<void> let_in(SSL_CTX* context, const std::string& file, const tls_files& files) {
    const auto authorities = certificates_in(files.ca.reveal());
    bool added = !authorities.empty();
    for (const auto& one : authorities) {
        added = added && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) == 1 &&
                SSL_CTX_add_client_CA(context, one.get()) == 1;
    }
    ERR_clear_error();
    if (!added) {
        return fail(error_kind::tls_failed,
                    fmt::format("the file of the clients' CAs, {}, cannot be read as PEM "
                                "certificates",
                                file));
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return {};
}

}  // namespace

result<std::shared_ptr<asio::ssl::context>> make_server_context(const tls_options& options,
                                                                const tls_files& files) {
    auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX* const native = made->native_handle();
    if (auto set = set_common_rules(native, options); !set) {
        return std::unexpected(std::move(set.error()));
    }
    // A record is received in one call. What was to be sent lies in a buffer that may grow and move
    // while the client takes none.
    SSL_CTX_set_read_ahead(native, 1);
    SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
    constexpr std::string_view name = "symphony";
    SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>(name.data()),
                                   name.size());
    if (auto shown = show(native, *options.identity, files); !shown) {
        return std::unexpected(std::move(shown.error()));
    }
    if (!options.ca.empty()) {
        if (auto done = let_in(native, options.ca, files); !done) {
            return std::unexpected(std::move(done.error()));
        }
    }
    return made;
}

server_tls::server_tls(SSL_CTX* context, int socket, bool http2) : tls_(SSL_new(context)) {
    BIO* const bio = BIO_new(socket_method());
    if (!tls_ || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    // A BIO has room for a pointer, and no more is needed.
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    SSL_set_bio(tls_.get(), bio, bio);
    SSL_set_accept_state(tls_.get());
    // The context is shared, with servers that speak no HTTP/2 as well.
    if (http2) SSL_set_app_data(tls_.get(), context);
}

bool server_tls::speaks_http2() const noexcept {
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls_.get(), &chosen, &size);
    return std::string_view(reinterpret_cast<const char*>(chosen), size) == "h2";
}

server_tls::outcome server_tls::outcome_of(int returned) noexcept {
    switch (SSL_get_error(tls_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            return outcome::wants_input;
        case SSL_ERROR_WANT_WRITE:
            return outcome::wants_room;
        case SSL_ERROR_ZERO_RETURN:
            return outcome::ended;
        default:
            broken_ = true;  // nothing may be asked of it any more
            return outcome::ended;
    }
}

server_tls::outcome server_tls::shake_hands() noexcept {
    ERR_clear_error();
    const int done = SSL_do_handshake(tls_.get());
    if (done == 1) return outcome::done;
    const outcome what = outcome_of(done);
    met_plain_http_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    return what;
}

server_tls::outcome server_tls::read(std::span<char> room, std::size_t& size) noexcept {
    ERR_clear_error();
    const int done = SSL_read_ex(tls_.get(), room.data(), room.size(), &size);
    return done == 1 ? outcome::done : outcome_of(done);
}

server_tls::outcome server_tls::write(std::string_view bytes, std::size_t& size) noexcept {
    ERR_clear_error();
    const int done = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &size);
    return done == 1 ? outcome::done : outcome_of(done);
}

void server_tls::say_goodbye() noexcept {
    if (broken_ || SSL_in_init(tls_.get()) != 0) return;
    ERR_clear_error();
    static_cast<void>(SSL_shutdown(tls_.get()));
    ERR_clear_error();
}

}  // namespace detail

result<std::shared_ptr<detail::tls_origin>> make_server_tls(const server_tls_options& options,
                                                            tls_reload_listener listener) {
    tls_options as_files;
    as_files.ca = options.client_ca;
    as_files.identity = options.identity;
    as_files.min_version = options.min_version;
    return detail::tls_origin::make(as_files, std::move(listener),
                                    detail::tls_origin::role::server);
}

}  // namespace symphony::net
