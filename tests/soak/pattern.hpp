#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace symphony::soak {

/// The bodies of the soak: each byte follows from the seed and its place, so that a piece that is
/// lost, doubled or another call's is seen.
[[nodiscard]] constexpr char pattern(std::uint32_t seed, std::size_t at) noexcept {
    return static_cast<char>(seed * 31 + at * 7 + at / 251);
}

[[nodiscard]] constexpr bool follows(std::string_view piece, std::uint32_t seed,
                                     std::size_t from) noexcept {
    for (std::size_t i = 0; i < piece.size(); ++i)
        if (piece[i] != pattern(seed, from + i)) return false;
    return true;
}

}  // namespace symphony::soak
