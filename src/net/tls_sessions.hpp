#pragma once

#include "symphony/core/time.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <deque>
#include <memory>

namespace symphony::net::detail {

struct free_tls_session {
    void operator()(SSL_SESSION* gone) const noexcept { SSL_SESSION_free(gone); }
};
using tls_session_ptr = std::unique_ptr<SSL_SESSION, free_tls_session>;

/// TLS sessions that may be resumed, of one client and one destination: whoever has another origin,
/// name, CA or certificate has others. A few of the latest are kept. One thread: each client, so
/// each shard, has its own.
class tls_sessions {
public:
    /// Takes over a session that a server gave under the files of this revision.
    void keep(tls_session_ptr given, std::uint64_t revision);
    /// One to offer, or null. A ticket of TLS 1.3 is offered once (RFC 8446, C.4); sessions of
    /// other revisions, too old ones and those of servers whose certificate has expired are
    /// dropped.
    [[nodiscard]] tls_session_ptr take(std::uint64_t revision, wall_time now);
    void clear() noexcept { kept_.clear(); }

    [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

private:
    std::deque<tls_session_ptr> kept_;  // the back is the latest
    std::uint64_t revision_ = 0;
};

}  // namespace symphony::net::detail
