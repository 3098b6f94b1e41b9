#include "net/time_limit.hpp"

#include <fmt/format.h>

namespace symphony::net::detail {

namespace {

std::string text_of(duration d) {
    const std::int64_t ms = to_ms_ceil(d);
    return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

std::string text_of(const std::optional<duration>& d) {
    return text_of(d.value_or(duration::zero()));
}

}  // namespace

std::string too_late(time_limit which, const http_options& http, std::string_view doing,
                     std::string_view peer) {
    switch (which) {
        case time_limit::connect:
            return fmt::format("no connection within {} (connectTimeout), which ended while {} {}",
                               text_of(http.connect_timeout), doing, peer);
        case time_limit::resolve:
            return fmt::format("the name of {} did not resolve within {} (resolveTimeout)", peer,
                               text_of(http.resolve_timeout));
        case time_limit::tls:
            return fmt::format("no TLS handshake with {} within {} (tlsTimeout)", peer,
                               text_of(http.tls_timeout));
        case time_limit::first_byte:
            return fmt::format(
                "no first byte within {} of sending the request to {} (firstByteTimeout)",
                text_of(http.first_byte_timeout), peer);
        case time_limit::between_bytes:
            return fmt::format("no more bytes of the answer of {} for {} (betweenBytesTimeout)",
                               peer, text_of(http.between_bytes_timeout));
        case time_limit::deadline:
            break;
    }
    return fmt::format("the deadline passed while {} {}", doing, peer);
}

}  // namespace symphony::net::detail
