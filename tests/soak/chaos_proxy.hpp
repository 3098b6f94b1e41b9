#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace symphony::soak {

/// What may befall a connection between the gateway and its API.
enum class fault : std::uint8_t { reset, close, truncate, garbage, stall, none };
inline constexpr std::size_t fault_count = 5;
[[nodiscard]] std::string_view name_of(fault what) noexcept;

/// Passes bytes on between clients and a server on 127.0.0.1, on a thread of its own, and breaks
/// what it passes: as many connections as keep the faults at that share of the server's requests.
/// A stalled connection keeps silent for three seconds. For one owner.
class chaos_proxy {
public:
    /// `requests` tells how many the server has had. Throws std::runtime_error without a port.
    class source {
    public:
        virtual ~source() = default;
        [[nodiscard]] virtual std::uint64_t requests() const noexcept = 0;
    };
    chaos_proxy(std::uint16_t to, double share, const source& asked);
    ~chaos_proxy();
    chaos_proxy(const chaos_proxy&) = delete;
    chaos_proxy& operator=(const chaos_proxy&) = delete;

    [[nodiscard]] std::string url() const;
    /// How often each befell a connection.
    [[nodiscard]] std::array<std::uint64_t, fault_count> faults() const noexcept;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace symphony::soak
