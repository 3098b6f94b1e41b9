#pragma once

#include "symphony/core/secret.hpp"
#include "symphony/core/time.hpp"
#include "symphony/net/proxy_options.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace symphony {

/// Whom a client shows itself as in TLS, where the server asks (`auth: {type: mtls}`). Each source
/// is the name of a PEM file, or PEM itself when it begins with "-----BEGIN".
struct tls_identity {
    std::string cert{};   ///< the client's own certificate first, then its issuers: all are sent
    secret key{};         ///< EC or RSA, PKCS#8 or traditional PEM, encrypted or not
    secret passphrase{};  ///< of an encrypted key; nobody is ever asked for it

    /// A member and what is wrong with it: never any of the key, nor a name that could be one.
    struct fault {
        std::string_view member;  ///< "cert", "key" or "passphrase"
        std::string message;
    };
    /// Reads and opens both, and holds them together; nothing when they are in order. A certificate
    /// that has expired is.
    [[nodiscard]] std::optional<fault> problem() const;

    bool operator==(const tls_identity& other) const {
        return cert == other.cert && key.equals(other.key.reveal()) &&
               passphrase.equals(other.passphrase.reveal());
    }
};

/// The endpoint's `tls` block, and the certificate of its `auth` block.
struct tls_options {
    std::string ca;           ///< PEM file, added to the system's roots; empty = system only
    std::string server_name;  ///< SNI and the name verified; empty = the URL's host
    std::string min_version = "1.2";         ///< "1.2" or "1.3"
    std::optional<tls_identity> identity{};  ///< https only

    bool operator==(const tls_options&) const = default;
};

/// The gateway's `tls` block: how a server shows itself, and whom it lets in.
struct server_tls_options {
    tls_identity identity{};  ///< the certificate it shows, its issuers after it, and the key
    /// A PEM file: only clients whose certificate these authorities signed are served; empty = all.
    std::string client_ca{};
    std::string min_version = "1.2";  ///< "1.2" or "1.3"

    bool operator==(const server_tls_options&) const = default;
};

enum class http_version : std::uint8_t { automatic, http1, http2 };

/// The endpoint's `http` block.
struct http_options {
    http_version version = http_version::automatic;
    std::size_t max_connections = 256;                    ///< per origin and shard; 1 … 65 535
    duration idle_timeout = std::chrono::seconds(60);     ///< a pooled connection unused so long
    duration connect_timeout = std::chrono::seconds(10);  ///< resolve, connect and TLS together
    /// Ask for compressed answers and decode them, where the caller leaves that to Symphony.
    bool decompress = true;
    /// Over HTTP/1.1, bodies of 1 MiB and more wait until the server wants them (RFC 9110, 10.1.1):
    /// a second at most, and never again where it did not know of that.
    bool expect_continue = true;
    proxy_options proxy{};
    /// The path of a Unix-domain socket that takes the place of the URL's host
    /// and port, and of any proxy of the environment; empty = TCP.
    std::string unix_socket{};
    static constexpr std::size_t longest_socket_path = 107;
    /// Bounds of single stages, above 0: without one, `connect_timeout` and the call's deadline are
    /// all there is. Each ends the attempt with `timeout`, in words of its own.
    std::optional<duration> resolve_timeout{};
    std::optional<duration> tls_timeout{};  ///< the handshake
    /// From the request's last byte to the final answer's first.
    std::optional<duration> first_byte_timeout{};
    /// From one piece of the answer to the next, while somebody wants it.
    std::optional<duration> between_bytes_timeout{};
    /// Opened before they are needed, per shard, when the endpoint is put into service; at most
    /// `max_connections`. Over HTTP/2 one stands for all.
    std::size_t warm_connections = 0;

    bool operator==(const http_options&) const = default;
};

/// The endpoint's `limits` block.
struct limit_options {
    std::size_t max_response_bytes = std::size_t{64}
                                     << 20;  ///< buffered bodies, decoded; streams: no bound
    std::size_t max_header_bytes = std::size_t{64} << 10;  ///< the whole head
    /// Bytes that decoding may make of one byte received, once they are more than 1 MiB; 0 = no
    /// bound. Text rarely reaches 50, a bomb 200 and far more.
    std::uint64_t max_decoded_ratio = 200;

    bool operator==(const limit_options&) const = default;
};

}  // namespace symphony
