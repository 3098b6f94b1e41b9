#pragma once

#include <cstdint>

namespace symphony::net {

/// A step of the client that can fail.
enum class io_operation : std::uint8_t { resolve, connect, handshake, write, read };

/// Asked before every I/O operation of an `http_client`: a test makes one fail with it.
class io_hook {
public:
    virtual ~io_hook() = default;
    /// True lets the operation fail as if the network had.
    [[nodiscard]] virtual bool fails(io_operation next) noexcept = 0;
};

}  // namespace symphony::net
