#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::gateway {

struct listen_address {
    std::string host;  ///< an IPv6 address without its brackets
    std::uint16_t port = 0;

    /// `host:port` with brackets where needed.
    [[nodiscard]] std::string text() const;
    /// 127.0.0.0/8, ::1 or localhost: nobody but this machine reaches it.
    [[nodiscard]] bool is_loopback() const noexcept;
};

/// Parses `HOST:PORT` or `[IPV6]:PORT`; nothing when it is neither.
[[nodiscard]] std::optional<listen_address> parse_listen_address(std::string_view text);

}  // namespace symphony::gateway
