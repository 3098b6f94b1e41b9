#pragma once

#include <cstdint>
#include <netinet/in.h>

namespace symphony::test_support {

/// 127.0.0.1:`port`
[[nodiscard]] sockaddr_in loopback(std::uint16_t port) noexcept;
/// A TCP port of it that was free a moment ago; somebody else may take it in between. Throws
/// std::runtime_error when there is none.
[[nodiscard]] std::uint16_t free_port();

}  // namespace symphony::test_support
