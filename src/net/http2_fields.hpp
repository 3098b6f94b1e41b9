#pragma once

#include "symphony/net/headers.hpp"

#include <boost/container/small_vector.hpp>
#include <nghttp2/nghttp2.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// The fields of a head as HTTP/2 sends them (RFC 9113, 8.2): names in lower case, nothing that
/// belongs to one connection of HTTP/1.1. Views of what they are made from.
class http2_fields {
public:
    http2_fields() = default;
    http2_fields(const http2_fields&) = delete;
    http2_fields& operator=(const http2_fields&) = delete;

    /// `name` in lower case.
    void add(std::string_view name, std::string_view value);
    /// In whatever case; left out where it has no place in HTTP/2.
    void add_field(const header_view& field);
    void add_content_length(std::uint64_t bytes);

    [[nodiscard]] std::span<const nghttp2_nv> all() const noexcept {
        return {fields_.data(), fields_.size()};
    }

private:
    boost::container::small_vector<nghttp2_nv, 24> fields_;
    boost::container::small_vector<std::unique_ptr<std::string>, 4> lowered_;
    std::array<char, 20> length_{};
};

}  // namespace symphony::net::detail
