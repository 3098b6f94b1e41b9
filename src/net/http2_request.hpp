#pragma once

#include "net/http2_fields.hpp"
#include "symphony/net/transport.hpp"

#include <span>

namespace symphony::net::detail {

/// The head of a request as HTTP/2 sends it (RFC 9113, 8.3.1). Views of the request and of the
/// destination.
class http2_request {
public:
    explicit http2_request(const destination& where) noexcept : where_(where) {}

    /// Errors: `invalid_request`.
    [[nodiscard]] result<void> fill(const wire_request& request);
    [[nodiscard]] std::span<const nghttp2_nv> fields() const noexcept { return fields_.all(); }

private:
    const destination& where_;
    http2_fields fields_;
};

}  // namespace symphony::net::detail
