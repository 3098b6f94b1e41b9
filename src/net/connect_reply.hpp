#pragma once

#include "symphony/core/result.hpp"
#include "symphony/net/transport.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// Appends the request for a tunnel to `where` (RFC 9110, 9.3.6), which goes through a proxy.
void write_connect_request(const destination& where, std::string& to);

/// Reads what a proxy answers to it. Without I/O.
class connect_reply {
public:
    explicit connect_reply(const destination& where) noexcept : where_(where) {}

    /// The whole of it, interim answers included, is no longer than this.
    static constexpr std::size_t most_bytes = std::size_t{16} << 10;

    /// `input` is all that was received so far. True: the tunnel stands, and nothing has come out
    /// of it yet; false: more has to be received. Errors: `connect_failed` naming the proxy and its
    /// status.
    [[nodiscard]] result<bool> take(std::string_view input);

private:
    [[nodiscard]] std::unexpected<error> refuse(std::string_view what) const;
    [[nodiscard]] std::unexpected<error> refuse_status(int status) const;

    const destination& where_;
    std::size_t begin_ = 0;     // of the answer after the interim ones
    std::size_t searched_ = 0;  // from there
};

/// For an answer with status 407, whether it came by CONNECT or not, and for 401 to CONNECT.
[[nodiscard]] error refused_credentials(const proxy_server& proxy, int status);

}  // namespace symphony::net::detail
