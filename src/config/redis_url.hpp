#pragma once

#include "symphony/core/result.hpp"
#include "symphony/store/redis_options.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace symphony::detail {

/// A host name or an address without brackets.
[[nodiscard]] bool is_host(std::string_view text) noexcept;
/// `host[:port]`, with brackets for IPv6; nothing when it is not that.
[[nodiscard]] std::optional<redis_address> read_redis_address(std::string_view text,
                                                              std::uint16_t port = 6379);

/// Puts what a URL says into the options: `redis://[user:password@]host[:port][/database]`,
/// `rediss://` (TLS) or `unix://[user:password@]/path[?db=database]`. Percent-encoding of
/// user-info and path is undone. Errors: `invalid_request`; messages repeat nothing of the URL.
[[nodiscard]] result<void> read_redis_url(std::string_view text, redis_options& to);

}  // namespace symphony::detail
