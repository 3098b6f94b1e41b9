#pragma once

#include "symphony/net/net_options.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// Whose end a wait met: the whole call's, or that of a stage (`http_options`).
enum class time_limit : std::uint8_t {
    deadline,
    connect,
    resolve,
    tls,
    first_byte,
    between_bytes,
};

/// The message of a wait that took too long. `doing` and `peer` say what and with whom: "connecting
/// to", "api.example.com".
[[nodiscard]] std::string too_late(time_limit which, const http_options& http,
                                   std::string_view doing, std::string_view peer);

}  // namespace symphony::net::detail
