#pragma once

#include "symphony/net/transport.hpp"

#include <boost/container/small_vector.hpp>
#include <nghttp2/nghttp2.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// The head of a request as HTTP/2 sends it (RFC 9113, 8.3.1): names in lower case, nothing that
/// belongs to one connection of HTTP/1.1. Views of the request and of the destination.
class http2_request {
public:
    explicit http2_request(const destination& where) noexcept : where_(where) {}

    /// Errors: `invalid_request`.
    [[nodiscard]] result<void> fill(const wire_request& request);
    [[nodiscard]] std::span<const nghttp2_nv> fields() const noexcept {
        return {fields_.data(), fields_.size()};
    }

private:
    void add(std::string_view name, std::string_view value);
    void add_field(const header_view& field);

    const destination& where_;
    boost::container::small_vector<nghttp2_nv, 24> fields_;
    boost::container::small_vector<std::unique_ptr<std::string>, 4> lowered_;
    std::array<char, 20> length_{};
};

}  // namespace symphony::net::detail
