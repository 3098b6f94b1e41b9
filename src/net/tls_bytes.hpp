#pragma once

#include "net/pem.hpp"
#include "net/server_buffer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// A client's side of TLS as bytes in and bytes out: what the socket gave is put into `received`,
/// what it has to take lies in `to_send`. It touches no socket and waits for nothing. OpenSSL holds
/// a record's buffer only while a part of that record is there. One thread.
class tls_bytes {
public:
    /// Throws `std::bad_alloc`.
    explicit tls_bytes(SSL_CTX* context);
    ~tls_bytes();
    tls_bytes(const tls_bytes&) = delete;
    tls_bytes& operator=(const tls_bytes&) = delete;

    /// `ended`: the peer's close_notify has come. `failed`: see `fault`; nothing may be asked of it
    /// any more, and what is to be sent, an alert, is for the peer still.
    enum class outcome : std::uint8_t { done, wants_input, ended, failed };

    [[nodiscard]] outcome shake_hands() noexcept;
    /// `done`: `size` bytes, at least one. `wants_input` has taken all that was received.
    [[nodiscard]] outcome read(boost::asio::mutable_buffer room, std::size_t& size) noexcept;
    /// Encrypts all of `bytes`; `done` or `failed`.
    [[nodiscard]] outcome write(std::string_view bytes) noexcept;

    /// Whether `read` may have something: bytes of the peer's, or nothing but TLS's own words.
    [[nodiscard]] bool has_more() const noexcept { return readable() > 0; }
    /// As much room as `read` is not likely to fill.
    [[nodiscard]] std::size_t readable() const noexcept {
        return received.view().size() + static_cast<std::size_t>(SSL_pending(tls_.get()));
    }
    /// Whether the peer has ended its side in good order. The end of the socket's bytes without
    /// this cuts off what was being said.
    [[nodiscard]] bool has_ended() const noexcept {
        return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }
    /// Why it failed: an error of OpenSSL's in Asio's category for these.
    [[nodiscard]] const boost::system::error_code& fault() const noexcept { return fault_; }
    [[nodiscard]] SSL* native() const noexcept { return tls_.get(); }

    input_buffer received;
    std::string to_send;

private:
    [[nodiscard]] outcome outcome_of(int returned) noexcept;

    std::unique_ptr<SSL, freed_by<SSL_free>> tls_;
    boost::system::error_code fault_;
};

}  // namespace symphony::net::detail
