#pragma once

#include "symphony/net/headers.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace symphony::net::detail {

/// The codings of RFC 9110, 8.4.1, RFC 7932 and RFC 9659 that can be undone here.
enum class content_coding : std::uint8_t { gzip, deflate, br, zstd };

[[nodiscard]] std::string_view to_string(content_coding coding) noexcept;

/// How a body was coded, in the order the codings were applied. Empty: not at all.
class content_codings {
public:
    static constexpr std::size_t most = 2;

    /// False when there are too many.
    bool add(content_coding next) noexcept {
        if (size_ == most) return false;
        codings_[size_++] = next;
        return true;
    }
    [[nodiscard]] std::span<const content_coding> all() const noexcept {
        return {codings_.data(), size_};
    }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

private:
    std::array<content_coding, most> codings_{};
    std::size_t size_ = 0;
};

/// Reads the Content-Encoding of an answer; nothing when it names a coding that is unknown here, or
/// too many: such a body cannot be decoded and is handed on as it is.
[[nodiscard]] std::optional<content_codings> read_content_encoding(const headers& fields);

}  // namespace symphony::net::detail
