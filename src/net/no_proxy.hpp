#pragma once

#include <cstdint>
#include <string_view>

namespace symphony::net::detail {

/// Whether a list as NO_PROXY holds it names this host: see `proxy_options::except`. `host` is
/// lower case, an IPv6 address without brackets. What cannot be understood in the list names
/// nobody.
[[nodiscard]] bool is_excepted(std::string_view list, std::string_view host,
                               std::uint16_t port) noexcept;

}  // namespace symphony::net::detail
