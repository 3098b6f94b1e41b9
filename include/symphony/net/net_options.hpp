#pragma once

#include "symphony/core/time.hpp"
#include "symphony/net/proxy_options.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace symphony {

/// The endpoint's `tls` block.
struct tls_options {
    std::string ca;           ///< PEM file, added to the system's roots; empty = system only
    std::string server_name;  ///< SNI and the name verified; empty = the URL's host
    std::string min_version = "1.2";  ///< "1.2" or "1.3"

    bool operator==(const tls_options&) const = default;
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
    proxy_options proxy{};

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
