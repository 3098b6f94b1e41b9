#pragma once

#include "symphony/core/secret.hpp"
#include "symphony/net/headers.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace symphony::net {

/// Header fields that go with many requests: checked and written out once. The text may hold
/// credentials and is kept as such. Immutable, so any threads may read it.
class field_block {
public:
    field_block() = default;
    /// Copies the fields. Throws std::invalid_argument on an invalid one (see `is_valid_header`).
    explicit field_block(std::span<const header_view> fields);

    /// Views that live as long as this object.
    [[nodiscard]] std::span<const header_view> fields() const noexcept { return fields_; }
    /// The lines as HTTP/1.1 sends them, each with its CR LF.
    [[nodiscard]] std::string_view lines() const noexcept { return lines_.reveal(); }

private:
    secret lines_;
    std::vector<header_view> fields_;  // into `lines_`, whose text stays where it is when moved
};

}  // namespace symphony::net
