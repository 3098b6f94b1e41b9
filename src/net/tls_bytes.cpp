#include "net/tls_bytes.hpp"

#include "net/bio_method.hpp"

#include <boost/asio/ssl/error.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

tls_bytes& owner_of(BIO* bio) noexcept {
    return *static_cast<tls_bytes*>(BIO_get_data(bio));
}

int take(BIO* bio, char* room, int size) {
    BIO_clear_retry_flags(bio);
    input_buffer& received = owner_of(bio).received;
    if (received.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t taken = std::min(received.view().size(), static_cast<std::size_t>(size));
    std::memcpy(room, received.view().data(), taken);
    received.consume(taken);
    return static_cast<int>(taken);
}

int give(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    try {
        owner_of(bio).to_send.append(bytes, static_cast<std::size_t>(size));
    } catch (const std::exception&) {
        return -1;  // out of memory, which must not go through OpenSSL as an exception
    }
    return size;
}

}  // namespace

tls_bytes::tls_bytes(SSL_CTX* context) : tls_(SSL_new(context)) {
    static BIO_METHOD* const method = make_bio_method("bytes in memory", take, give);
    BIO* const bio = BIO_new(method);
    if (!tls_ || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    SSL_set_bio(tls_.get(), bio, bio);
    SSL_set_connect_state(tls_.get());
}

// OpenSSL takes a connection that ends without a goodbye as a reason not to resume its session.
tls_bytes::~tls_bytes() {
    if (SSL_is_init_finished(tls_.get()) == 1) {
        SSL_set_shutdown(tls_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
}

tls_bytes::outcome tls_bytes::outcome_of(int returned) noexcept {
    switch (SSL_get_error(tls_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            return outcome::wants_input;
        case SSL_ERROR_ZERO_RETURN:
            return outcome::ended;
        case SSL_ERROR_SSL:
            fault_ = {static_cast<int>(ERR_get_error()), asio::error::get_ssl_category()};
            break;
        default:
            fault_ = asio::ssl::error::unexpected_result;
            break;
    }
    ERR_clear_error();
    return outcome::failed;
}

tls_bytes::outcome tls_bytes::shake_hands() noexcept {
    ERR_clear_error();
    const int done = SSL_do_handshake(tls_.get());
    return done == 1 ? outcome::done : outcome_of(done);
}

tls_bytes::outcome tls_bytes::read(asio::mutable_buffer room, std::size_t& size) noexcept {
    ERR_clear_error();
    const int done = SSL_read_ex(tls_.get(), room.data(), room.size(), &size);
    return done == 1 ? outcome::done : outcome_of(done);
}

tls_bytes::outcome tls_bytes::write(std::string_view bytes) noexcept {
    std::size_t size = 0;
    ERR_clear_error();
    const int done = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &size);
    return done == 1 ? outcome::done : outcome_of(done);
}

}  // namespace symphony::net::detail
