#pragma once

#include "support/certificates.hpp"

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace symphony::test_support {

/// What a server demands of its clients in TLS.
struct client_demand {
    std::string ca{};        ///< who vouches for their certificates; empty: none is wanted
    bool only_1_2 = false;   ///< TLS 1.2, where a certificate is judged within the handshake
    std::string greeting{};  ///< said before the client's last word in the handshake (TLS 1.3)
    std::string protocol{};  ///< agreed on in ALPN, whatever the client offers; empty: none is
};

/// What a server of TLS is and wants. Throws std::runtime_error when a file is no good.
class server_identity {
public:
    explicit server_identity(const certificate_files& files, client_demand of_clients = {});
    ~server_identity() { SSL_CTX_free(context_); }
    server_identity(const server_identity&) = delete;
    server_identity& operator=(const server_identity&) = delete;

    [[nodiscard]] SSL_CTX* context() const noexcept { return context_; }
    [[nodiscard]] const client_demand& of_clients() const noexcept { return of_clients_; }

private:
    client_demand of_clients_;
    SSL_CTX* context_;
};

/// One client of a misbehaving server. Its thread reads and writes; `cut` from another thread ends
/// every wait for bytes.
class served_connection {
public:
    explicit served_connection(int socket);
    ~served_connection() { close(); }
    served_connection(const served_connection&) = delete;
    served_connection& operator=(const served_connection&) = delete;

    /// From here on all is said over TLS. `as` is needed no longer when this returns.
    [[nodiscard]] bool shake_hands(const server_identity& as);
    /// Empty when the client has ended or broken off.
    [[nodiscard]] std::string_view receive();
    [[nodiscard]] bool send(std::string_view text);
    [[nodiscard]] bool send_tls_words();
    void end_sending() noexcept;
    /// Closing resets the connection.
    void break_off() noexcept;
    /// Closing says nothing: see `may_vanish`. False when that is not allowed.
    [[nodiscard]] bool vanish() noexcept;
    void cut() noexcept;
    void say_goodbye() noexcept;
    void close() noexcept;

    std::string received;  // guarded by the server's mutex, as `finished` and closing are
    bool finished = false;

private:
    int socket_;
    SSL* secured_ = nullptr;
    bool silent_ = false;  // no close_notify
    std::array<char, 65536> room_;
};

/// Whether this process may let a connection go without a word of it (TCP_REPAIR), as if the
/// machine had lost its power and come back: the client learns of it when it next sends something,
/// by a reset. That takes CAP_NET_ADMIN, which root has, but not in every container.
[[nodiscard]] bool may_vanish() noexcept;

}  // namespace symphony::test_support
